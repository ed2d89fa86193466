// SPDX-License-Identifier: BSD-2-Clause
// VServer groups through each official client.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { clients } = require('./clients');
const { balancer, fails, listen, register, unbuilt } = require('./world');

clients().then((all) => {
  for (const [number, client] of all.entries()) {
    test(`${client.name}: VServer groups`, async (t) => {
      const id = await balancer(client);
      const ids = ['a', 'b', 'c'].map((n) => `i-v${number}-${n}`);
      await register(client, ids, 50 + number);
      if (await unbuilt(client, 'DescribeVServerGroups', { LoadBalancerId: id })) {
        t.skip('this daemon has no VServer groups yet');
        return;
      }
      const json = JSON.stringify;
      const made = await client.call('CreateVServerGroup', {
        LoadBalancerId: id, VServerGroupName: 'blue',
        BackendServers: json([{ ServerId: ids[0], Port: 80, Weight: 10 },
          { ServerId: ids[0], Port: 81, Weight: 20 }]),
      });
      const VServerGroupId = made.VServerGroupId;
      assert.deepEqual(made.BackendServers.BackendServer, [
        { ServerId: ids[0], Type: 'ecs', Port: 80, Weight: 10 },
        { ServerId: ids[0], Type: 'ecs', Port: 81, Weight: 20 },
      ]);
      const change = (action, fields) => client.call(action, { VServerGroupId, ...fields });
      const shown = async () => (await change('DescribeVServerGroupAttribute', {}))
        .BackendServers.BackendServer.map((s) => [s.ServerId, s.Port, s.Weight]);

      await change('AddVServerGroupBackendServers', {
        BackendServers: json([{ ServerId: ids[1], Port: '80' }]),
      });
      await fails(client, change('AddVServerGroupBackendServers', {
        BackendServers: json([{ ServerId: ids[2], Port: 80 }, { ServerId: ids[1], Port: 80 }]),
      }), 400, 'InvalidParameter',
      'The specified BackendServers contain duplicated value of ServerID and Port.');
      await fails(client, change('AddVServerGroupBackendServers', {
        BackendServers: json([{ ServerId: ids[2] }]),
      }), 400, 'InvalidParameter', 'as the Port value should be in [1, 65535].');
      await change('SetVServerGroupAttribute', {
        VServerGroupName: 'green',
        BackendServers: json([{ ServerId: ids[0], Port: 81, Weight: 0 }]),
      });
      await change('ModifyVServerGroupBackendServers', {
        OldBackendServers: json([{ ServerId: ids[1], Port: 80 }]),
        NewBackendServers: json([{ ServerId: ids[2], Port: 82, Weight: 5 }]),
      });
      assert.deepEqual(await shown(),
        [[ids[0], 80, 10], [ids[0], 81, 0], [ids[2], 82, 5]]);
      await change('RemoveVServerGroupBackendServers', {
        BackendServers: json([{ ServerId: ids[0], Port: 80 }]),
      });
      assert.deepEqual(await shown(), [[ids[0], 81, 0], [ids[2], 82, 5]]);

      await listen(client, id, 80, { VServerGroupId });
      const listener = await client.call('DescribeLoadBalancerTCPListenerAttribute', {
        LoadBalancerId: id, ListenerPort: 80,
      });
      assert.equal(listener.VServerGroupId, VServerGroupId);
      await fails(client, change('DeleteVServerGroup', {}), 400, 'RspoolVipExist');
      const listed = await client.call('DescribeVServerGroups', {
        LoadBalancerId: id, IncludeListener: true,
      });
      assert.deepEqual(listed.VServerGroups.VServerGroup.map((g) => [g.VServerGroupName,
        g.AssociatedObjects.Listeners.Listener]), [['green', [{ Port: 80, Protocol: 'tcp' }]]]);
      await client.call('DeleteLoadBalancerListener', { LoadBalancerId: id, ListenerPort: 80 });
      await change('DeleteVServerGroup', {});
      await fails(client, change('DescribeVServerGroupAttribute', {}), 404, 'InvalidParameter',
        'The specified VServerGroupId does not exist.');
    });

    test(`${client.name}: a retry with a ClientToken creates nothing`, async (t) => {
      const ClientToken = `token-${number}`;
      if (await unbuilt(client, 'CreateLoadBalancer', { ClientToken, LoadBalancerName: 'once' })) {
        t.skip('this daemon has no ClientToken yet');
        return;
      }
      const call = (name) => client.call('CreateLoadBalancer', {
        ClientToken, LoadBalancerName: name,
      });
      const [one, two] = [await call('once'), await call('once')];
      assert.equal(one.LoadBalancerId, two.LoadBalancerId);
      assert.notEqual(one.RequestId, two.RequestId);
      await fails(client, call('twice'), 400, 'LX_REQUEST_TOKEN_CONFLICT');
    });
  }
});
