/** The three domains it all started with, for a real Postfix. */
import { FOUNDING_POLICY, mintFoundingHosts } from '../internet/founding-domains.ts';
import type { Scene } from './scene.ts';

export async function foundingScene(): Promise<Scene> {
  const { facebook, hearst, in1, in2, anchors } = await mintFoundingHosts();
  let next = 0;
  const hosts = [facebook, hearst, in1, in2].map((each) => ({
    ...each,
    published: Array.from({ length: each.addresses }, () => `127.70.0.${++next}`),
  }));
  const mx = (domain: string) => hosts.filter((each) => each.domain === domain).map(({ host }, i) => `${(i + 1) * 10} ${host}`);
  const recipients = [...new Set(hosts.map(({ domain }) => domain))];
  return {
    dns: [
      ...recipients.map((name) => ({ name, type: 'MX' as const, data: mx(name) })),
      ...hosts.map(({ host, published }) => ({ name: host, type: 'A' as const, data: published })),
    ],
    servers: hosts.flatMap(({ published, identity }) => published.map((address) => ({ address, ...identity }))),
    files: { 'founding.pem': anchors },
    configurations: [
      { name: 'founding', mainCf: ['smtp_tls_CAfile = @files@/founding.pem'], policy: FOUNDING_POLICY, recipients },
    ],
  };
}
