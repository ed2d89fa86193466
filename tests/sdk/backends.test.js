// SPDX-License-Identifier: BSD-2-Clause
// AddBackendServers and its siblings, through each official client.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { clients } = require('./clients');
const { add, balancer, fails, group, listen, register } = require('./world');

const many = (stem, count) => Array.from({ length: count }, (_, n) => `i-${stem}-${n}`);
const servers = (ids) => ids.map((ServerId, n) => ({ ServerId, Weight: n }));

const ERRORS = [
  ['LoadBalancerId is missing', { LoadBalancerId: '' }, 400, 'MissingLoadBalancerId',
    'LoadBalancerId is mandatory for this action.'],
  ['BackendServers is missing', { BackendServers: '' }, 400, 'MissingBackendServers',
    'BackendServers is mandatory for this action.'],
  ['no JSON', { BackendServers: '[{' }, 400, 'BackendServersMalformed',
    'the specified parameter BackendServers is unavailable.'],
  ['no array', { BackendServers: '{}' }, 400, 'InvalidParameter',
    'The specified BackendServers is invalid.'],
  ['no entry', { BackendServers: '[]' }, 400, 'InvalidParameter',
    'The specified BackendServers is invalid.'],
  ['no ServerId', { BackendServers: '[{"Weight":1}]' }, 400, 'BackendServer.ServerIdEmpty'],
  ['another Type', { BackendServers: '[{"ServerId":"i-e-0","Type":"eci"}]' }, 400,
    'BackendServer.InvalidType', 'The specified Type is invalid.'],
  ['an eni without ServerIp', { BackendServers: '[{"ServerId":"eni-1","Type":"eni"}]' }, 400,
    'InvalidParameter', 'The specified BackendServers is invalid.'],
  ['weight 101', { BackendServers: '[{"ServerId":"i-e-0","Weight":101}]' }, 400,
    'InvalidWeight.Malformed', 'A specified weight is not valid.'],
  ['port 0', { BackendServers: '[{"ServerId":"i-e-0","Port":0}]' }, 400, 'InvalidParameter',
    'as the Port value should be in [1, 65535].'],
  ['another load balancer', { LoadBalancerId: 'lb-none' }, 404, 'InvalidLoadBalancerId.NotFound',
    'The specified LoadBalancerId does not exist.'],
  ['an eni at a shared one', {
    BackendServers: '[{"ServerId":"eni-1","Type":"eni","ServerIp":"10.64.9.9"}]',
  }, 400, 'OperationFailed.ActionNotSupport'],
  ['an unknown server', { BackendServers: '[{"ServerId":"i-none"}]' }, 400, 'ObtainIpFail'],
  ['another region', { RegionId: 'mars-1' }, 404, 'InvalidRegionId.NotFound'],
];

clients().then((all) => {
  for (const [number, client] of all.entries()) {
    const tag = `c${number}`;

    test(`${client.name}: a load balancer with 20 servers`, async () => {
      const ids = many(tag, 21);
      await register(client, ids, 10 + number);
      const id = await balancer(client, { LoadBalancerName: `web-${tag}` });
      await listen(client, id, 80);
      const wanted = servers(ids.slice(0, 20));
      const answer = await add(client, id, wanted);
      assert.equal(answer.LoadBalancerId, id);
      assert.deepEqual(answer.BackendServers.BackendServer,
        wanted.map((server) => ({ ...server, Type: 'ecs' })));
      const shown = await group(client, id);
      assert.deepEqual(shown.map(({ ServerId, Weight }) => ({ ServerId, Weight })), wanted);
      assert.deepEqual(shown.map((s) => s.ServerIp),
        ids.slice(0, 20).map((_, n) => `10.64.${10 + number}.${n + 1}`));
      await fails(client, add(client, id, servers(ids)), 400, 'TooManyBackendServers',
        'The total number of input real servers exceeds max supported number: 20');
      const listener = await client.call('DescribeLoadBalancerTCPListenerAttribute', {
        LoadBalancerId: id, ListenerPort: 80,
      });
      assert.deepEqual([listener.Status, listener.Bandwidth, listener.BackendServerPort],
        ['running', -1, 8080]);
    });

    test(`${client.name}: duplicates`, async () => {
      const ids = many(`d${tag}`, 3);
      await register(client, ids, 20 + number);
      const id = await balancer(client);
      const first = { ServerId: ids[0], Weight: '10', Description: 'first' };
      const answer = await add(client, id, [first, { ServerId: ids[0], Weight: 20 },
        { ServerId: ids[1] }, { ServerId: ids[0], Port: 99 }]);
      assert.deepEqual(answer.BackendServers.BackendServer, [
        { ServerId: ids[0], Weight: 10, Type: 'ecs', Description: 'first' },
        { ServerId: ids[1], Weight: 100, Type: 'ecs' },
      ]);
      // All or nothing: the third is not added when the first is there already.
      await fails(client, add(client, id, [{ ServerId: ids[2] }, { ServerId: ids[0], Port: 99 }]),
        400, 'InvalidParameter', 'The resource already exists.');
      assert.deepEqual((await group(client, id)).map((s) => s.ServerId), [ids[0], ids[1]]);
    });

    test(`${client.name}: errors`, async (t) => {
      await register(client, ['i-e-0'], 30);
      const id = await balancer(client);
      for (const [says, fields, status, code, sentence] of ERRORS)
        await t.test(says, async () => {
          await fails(client, client.call('AddBackendServers', {
            LoadBalancerId: id, BackendServers: '[{"ServerId":"i-e-0"}]', ...fields,
          }), status, code, sentence);
          assert.deepEqual(await group(client, id), []);
        });
    });

    test(`${client.name}: weights and removal`, async () => {
      const ids = many(`w${tag}`, 3);
      await register(client, ids, 40 + number);
      const id = await balancer(client);
      await listen(client, id, 80);
      await add(client, id, servers(ids));
      const change = (action, list) => client.call(action, {
        LoadBalancerId: id, BackendServers: JSON.stringify(list),
      });
      const set = await change('SetBackendServers', [{ ServerId: ids[0], Weight: 0 },
        { ServerId: ids[2], Weight: '7' }]);
      assert.deepEqual(set.BackendServers.BackendServer.map((s) => s.Weight), [0, 7]);
      await fails(client, change('SetBackendServers', [{ ServerId: ids[1], Weight: 9 },
        { ServerId: 'i-e-0' }]), 404, 'InvalidServerId.NotFound',
      'The specified ServerId does not exist.');
      assert.deepEqual((await group(client, id)).map((s) => s.Weight), [0, 1, 7]);
      await change('RemoveBackendServers', [{ ServerId: ids[1] }, { ServerId: 'i-e-0' }]);
      assert.deepEqual((await group(client, id)).map((s) => s.ServerId), [ids[0], ids[2]]);
    });
  }
});
