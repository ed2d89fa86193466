// SPDX-License-Identifier: BSD-2-Clause
// curl with --unix-socket, the request of the API's example letter by letter but for the id.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { clients, SOCKET } = require('./clients');
const { REQUEST_ID, balancer } = require('./world');

const EXAMPLE = '/?Action=AddBackendServers&Version=2014-05-15&RegionId=local-1'
  + '&LoadBalancerId=LB&BackendServers=%5B%7B%22ServerId%22%3A%22i-web01%22%2C%22Weight%22%3A'
  + '%22100%22%2C%22Type%22%3A%22ecs%22%2C%22Port%22%3A%2280%22%2C%22Description%22%3A%22web-01'
  + '%22%7D%2C%7B%22ServerId%22%3A%22eni-web02%22%2C%22Weight%22%3A0%2C%22Type%22%3A%22eni%22'
  + '%2C%22ServerIp%22%3A%2210.20.0.12%22%2C%22Port%22%3A8080%7D%5D';

function get(target) {
  const output = execFileSync('curl', ['-sS', '--globoff', '--include', '--unix-socket', SOCKET,
    `http://localhost${target}`], { encoding: 'utf8' });
  const [head, ...body] = output.split('\r\n\r\n');
  const headers = Object.fromEntries(head.split('\r\n').slice(1).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { status: Number(head.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
}

clients().then(([client]) => {
  test('the servers of the example', async () => {
    await client.call('RegisterInstance', { InstanceId: 'i-web01', 'IpAddress.1': '10.20.0.11' });
    await client.call('RegisterInstance', { InstanceId: 'eni-web02', 'IpAddress.1': '10.20.0.12' });
  });

  test('GET, JSON', async () => {
    const id = await balancer(client, { LoadBalancerSpec: 'slb.s1.small' });
    const answer = get(EXAMPLE.replace('LB', id));
    const { RequestId, ...rest } = JSON.parse(answer.body);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(Number(answer.headers['content-length']), Buffer.byteLength(answer.body));
    assert.match(RequestId, REQUEST_ID);
    assert.equal(answer.headers['x-acs-request-id'], RequestId);
    assert.deepEqual(rest, {
      LoadBalancerId: id,
      BackendServers: {
        BackendServer: [
          { ServerId: 'i-web01', Weight: 100, Type: 'ecs', Description: 'web-01' },
          { ServerId: 'eni-web02', Weight: 0, Type: 'eni' },
        ],
      },
    });
  });

  test('GET, XML', async () => {
    const id = await balancer(client, { LoadBalancerSpec: 'slb.s1.small' });
    const answer = get(`${EXAMPLE.replace('LB', id)}&Format=XML`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/xml;charset=utf-8');
    assert.equal(answer.body.replaceAll('\n', ''),
      '<?xml version="1.0" encoding="UTF-8"?>'
      + `<AddBackendServersResponse><RequestId>${answer.headers['x-acs-request-id']}</RequestId>`
      + `<LoadBalancerId>${id}</LoadBalancerId><BackendServers>`
      + '<BackendServer><ServerId>i-web01</ServerId><Weight>100</Weight><Type>ecs</Type>'
      + '<Description>web-01</Description></BackendServer>'
      + '<BackendServer><ServerId>eni-web02</ServerId><Weight>0</Weight><Type>eni</Type>'
      + '</BackendServer></BackendServers></AddBackendServersResponse>');
  });

  test('an error as XML', () => {
    const answer = get(`${EXAMPLE.replace('LB', 'lb-none')}&Format=xml`);
    assert.equal(answer.status, 404);
    assert.match(answer.body, /<Error><RequestId>[^<]+<\/RequestId><HostId>test-gateway<\/HostId>/);
    assert.match(answer.body, /<Code>InvalidLoadBalancerId.NotFound<\/Code>/);
  });
});
