/** `--ping URL`, over real sockets. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ping } from '../../../lambda/alert/channel/ping.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failure = (pinged: Promise<void>) =>
  pinged.then(
    () => 'pinged',
    (error: Error) => error.message,
  );

test('one GET, and the body is left alone', async () => {
  const seen: string[] = [];
  const at = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('ok');
  });
  expect(await failure(ping(`http://${at}/secret`))).toBe('pinged');
  expect(seen).toEqual(['GET /secret']);
});

test('an answer that is no success is told, without the path, which is a secret', async () => {
  const at = await serve((_request, response) => response.writeHead(404).end());
  expect(await failure(ping(`http://${at}/secret`))).toBe(`ping ${at}: answered 404, expected 2xx`);
});

test('nobody there', async () => {
  const at = await serve(() => undefined);
  const [server] = servers.splice(0);
  server?.close();
  expect(await failure(ping(`http://${at}/secret`))).toBe(`ping ${at}: could not be reached (connect ECONNREFUSED ${at})`);
});

test('no answer within the deadline', async () => {
  const at = await serve(() => undefined);
  expect(await failure(ping(`http://${at}/secret`, 200))).toBe(`ping ${at}: no answer within 0.2 seconds`);
});

test.each(['ftp://example.org/x', 'nonsense', 'file:///etc/passwd'])('%s is no address to ping', async (url) => {
  expect(await failure(ping(url))).toBe('ping: --ping wants an http or https address');
});

test('a user and password in the address are sent as such', async () => {
  const seen: (string | undefined)[] = [];
  const at = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.end('ok');
  });
  expect(await failure(ping(`http://us%40er:geheim%3A@${at}/secret?token=t`))).toBe('pinged');
  expect(seen).toEqual([`Basic ${Buffer.from('us@er:geheim:').toString('base64')}`]);
});

test('user, password, path and query are never shown: nobody there', async () => {
  const at = await serve(() => undefined);
  const [server] = servers.splice(0);
  server?.close();
  const says = `ping ${at}: could not be reached (connect ECONNREFUSED ${at})`;
  expect(await failure(ping(`http://user:geheim@${at}/path?token=t`))).toBe(says);
});

test('nor at a port that no browser asks', async () => {
  const says = 'ping 127.0.0.1:1: could not be reached (its address, or one it redirects to, cannot be used)';
  expect(await failure(ping('http://user:geheim@127.0.0.1:1/path?token=t'))).toBe(says);
});

test.each([
  { because: 'to itself', location: '/path/again?token=t' },
  { because: 'to an address with a password', location: 'http://user:geheim@127.0.0.1:9/path' },
  { because: 'to what is no web address', location: 'ftp://user:geheim@127.0.0.1/path' },
])('nor those of a redirect $because', async ({ location }) => {
  const at = await serve((_request, response) => response.writeHead(302, { location }).end());
  const says = await failure(ping(`http://user:geheim@${at}/secret`, 5_000));
  expect(says).toMatch(/^ping 127\.0\.0\.1:\d+: could not be reached \(/);
  expect(says).not.toMatch(/user|geheim|path|secret|token/);
});
