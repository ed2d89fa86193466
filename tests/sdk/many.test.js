// SPDX-License-Identifier: BSD-2-Clause
// Paging over 250 load balancers, and many clients at once.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { clients } = require('./clients');
const { add, balancer, group, listen, register } = require('./world');

const COUNT = 250;
const TOGETHER = 24;
const EXISTS = 'The resource already exists.';

async function pages(client, size) {
  const ids = [];
  for (let number = 1; ; number++) {
    const page = await client.call('DescribeLoadBalancers', {
      PageNumber: number, PageSize: size,
    });
    const found = page.LoadBalancers.LoadBalancer;
    assert.deepEqual([page.PageNumber, page.PageSize], [number, size]);
    if (!found.length) {
      assert.equal(page.TotalCount, ids.length);
      return ids;
    }
    assert.ok(found.length === size || page.TotalCount === ids.length + found.length);
    ids.push(...found.map((lb) => lb.LoadBalancerId));
  }
}

clients().then((all) => {
  test('paging over 250 load balancers', async (t) => {
    const before = (await pages(all[0], 100)).length;
    const made = [];
    for (let n = 0; n < COUNT; n += 10)
      made.push(...await Promise.all(
        Array.from({ length: 10 }, (_, k) => balancer(all[(n + k) % all.length]))));
    for (const client of all)
      await t.test(client.name, async () => {
        for (const size of [100, 50, 7]) {
          const ids = await pages(client, size);
          assert.equal(ids.length, before + COUNT);
          assert.equal(new Set(ids).size, ids.length);
          assert.ok(made.every((id) => ids.includes(id)));
        }
        const usual = await client.call('DescribeLoadBalancers');
        assert.deepEqual([usual.PageNumber, usual.PageSize], [1, 10]);
        assert.equal(usual.LoadBalancers.LoadBalancer.length, 10);
      });
  });

  test('concurrent clients', async (t) => {
    const ids = Array.from({ length: TOGETHER }, (_, n) => `i-together-${n}`);
    await register(all[0], ids, 60);
    const id = await balancer(all[0]);
    await listen(all[0], id, 80);

    await t.test('each adds its own server: all succeed, none is lost', async () => {
      await Promise.all(ids.map((ServerId, n) => add(all[n % all.length], id, [{ ServerId }])));
      assert.deepEqual((await group(all[0], id)).map((s) => s.ServerId).sort(), [...ids].sort());
    });

    await t.test('all add the same servers: one succeeds, the others are told', async () => {
      const other = await balancer(all[0]);
      const pair = [{ ServerId: ids[0] }, { ServerId: ids[1] }];
      const results = await Promise.allSettled(
        ids.map((_, n) => add(all[n % all.length], other, pair)));
      const refused = results.filter((r) => r.status === 'rejected');
      assert.equal(refused.length, TOGETHER - 1);
      for (const { reason } of refused)
        assert.ok(reason.message.includes(EXISTS), reason.message);
      assert.equal((await group(all[0], other)).length, 2);
    });
  });
});
