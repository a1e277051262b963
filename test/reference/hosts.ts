/** The scene's resolver and mail servers, in a process of their own: whatever else is busy, they answer in time. Forked by inside.ts. */
import { readFileSync } from 'node:fs';
import { startDns } from '../internet/dns-server.ts';
import { startSmtp } from '../internet/smtp-server.ts';
import type { Scene } from './scene.ts';

const [, , input = ''] = process.argv;
const { scene } = JSON.parse(readFileSync(input, 'utf8')) as { scene: Scene };
await startDns(scene.dns, { address: '127.0.0.1', port: 53 });
await Promise.all(scene.servers.map((server) => startSmtp({ ...server, port: server.port ?? 25 })));
process.send?.('ready');
