// SPDX-License-Identifier: BSD-2-Clause
// What the tests are made of: servers in the inventory, load balancers, and expected failures.
'use strict';

const assert = require('node:assert/strict');

const REQUEST_ID = /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/;

async function register(client, ids, third) {
  for (const [n, id] of ids.entries())
    await client.call('RegisterInstance', {
      InstanceId: id, 'IpAddress.1': `10.64.${third}.${n + 1}`,
    });
}

async function balancer(client, fields = {}) {
  const made = await client.call('CreateLoadBalancer', fields);
  assert.match(made.RequestId, REQUEST_ID);
  return made.LoadBalancerId;
}

async function listen(client, id, port, fields = {}) {
  await client.call('CreateLoadBalancerTCPListener', {
    LoadBalancerId: id, ListenerPort: port, BackendServerPort: 8080, Bandwidth: -1, ...fields,
  });
  await client.call('StartLoadBalancerListener', { LoadBalancerId: id, ListenerPort: port });
}

const add = (client, id, servers) => client.call('AddBackendServers', {
  LoadBalancerId: id,
  BackendServers: typeof servers === 'string' ? servers : JSON.stringify(servers),
});

async function group(client, id) {
  const shown = await client.call('DescribeLoadBalancerAttribute', { LoadBalancerId: id });
  return shown.BackendServers.BackendServer;
}

// The call must fail, with this HTTP status, code and sentence.
async function fails(client, promise, status, code, sentence) {
  let failure;
  try {
    await promise;
  } catch (error) {
    failure = client.failure(error);
  }
  assert.ok(failure, `${code} was expected, and it succeeded`);
  assert.deepEqual([failure.status, failure.code], [status, code], failure.said);
  assert.match(failure.id, REQUEST_ID);
  if (sentence)
    assert.ok(failure.said.includes(sentence), failure.said);
}

// True if the daemon does not have this action, or refuses this parameter as not built.
async function unbuilt(client, action, fields = {}) {
  try {
    await client.call(action, fields);
    return false;
  } catch (error) {
    return ['UnsupportedOperation', 'InvalidParameterValue.RegionNotSupport'].includes(
      client.failure(error).code);
  }
}

module.exports = { REQUEST_ID, add, balancer, fails, group, listen, register, unbuilt };
