// SPDX-License-Identifier: BSD-2-Clause
// The two official clients, pointed at the daemon's Unix socket.
//
// pop-core takes an agent, and Node's agent knows sockets by path. openapi-core takes a host name
// only, so a forwarder of this process carries its bytes from a loopback port to the socket as they
// are.
'use strict';

const http = require('node:http');
const net = require('node:net');
const { default: OpenApi, $OpenApiUtil } = require('@alicloud/openapi-core');
const $dara = require('@darabonba/typescript');
const Pop = require('@alicloud/pop-core');

const SOCKET = process.env.SLUICE_SOCKET;
const VERSION = '2014-05-15';
const REGION = 'local-1';
const KEYS = { accessKeyId: 'testid', accessKeySecret: 'testsecret' };

function forward() {
  const server = net.createServer((client) => {
    const daemon = net.connect(SOCKET);
    client.pipe(daemon).pipe(client);
    // A connection that nobody waits for does not keep the process.
    client.unref();
    daemon.unref();
    client.on('error', () => daemon.destroy());
    daemon.on('error', () => client.destroy());
  });
  server.unref();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${server.address().port}`));
  });
}

// What every generated product client is made of: one callApi an action.
async function openApiClient() {
  const endpoint = await forward();
  const client = new OpenApi(new $OpenApiUtil.Config({
    ...KEYS, endpoint, protocol: 'HTTP', regionId: REGION,
  }));
  return {
    name: '@alicloud/openapi-core',
    async call(action, fields = {}) {
      const params = new $OpenApiUtil.Params({
        action, version: VERSION, protocol: 'HTTP', pathname: '/', method: 'POST', authType: 'AK',
        style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
      });
      const request = new $OpenApiUtil.OpenApiRequest({
        query: Object.fromEntries(
          Object.entries({ RegionId: REGION, ...fields }).map(([k, v]) => [k, String(v)])),
      });
      const answer = await client.callApi(params, request, new $dara.RuntimeOptions({}));
      return answer.body;
    },
    failure: (error) => ({
      status: error.statusCode, code: error.code, id: error.data.RequestId, said: error.message,
    }),
  };
}

function popClient(method) {
  const client = new Pop({ ...KEYS, endpoint: 'http://localhost', apiVersion: VERSION });
  const agent = new http.Agent({ keepAlive: true, socketPath: SOCKET });
  return {
    name: `@alicloud/pop-core, ${method}`,
    async call(action, fields = {}) {
      const answer = await client.request(action, { RegionId: REGION, ...fields },
        { method, agent });
      return JSON.parse(JSON.stringify(answer)); // its objects have no prototype
    },
    failure: (error) => ({
      status: error.entry.response.statusCode, code: error.code, id: error.data.RequestId,
      said: error.message,
    }),
  };
}

async function clients() {
  return [await openApiClient(), popClient('GET'), popClient('POST')];
}

module.exports = { clients, SOCKET, REGION };
