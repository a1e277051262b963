/** The private internet of the demo: the three founding domains, a provider shared by a dozen, and one whose certificate ends. */
import { foundingDomains } from '../internet/founding-domains.ts';
import { type Internet, type MailHost, startInternet } from '../internet/internet.ts';

const DAY_MS = 86_400_000;

/** Customers of the provider that all of them name in their line. */
const SHOPS = Array.from({ length: 12 }, (_, i) => `shop${String(i + 1).padStart(2, '0')}.example`);

export interface Scene {
  readonly internet: Internet;
  readonly anchors: string;
  /** The table as it stands; the administrator edits it on the way. */
  table: string;
  renewHearst(): Promise<void>;
  moveFacebook(): Promise<void>;
  dropName(): Promise<void>;
  restoreName(): Promise<void>;
  /** The firewall on our side: nobody answers any more, or everybody does again. */
  shutPort25(shut: boolean): void;
  close(): Promise<void>;
}

/** @param start epoch ms of the first day: certificates are issued around it */
export async function openScene(start: number): Promise<Scene> {
  const internet = await startInternet();
  const founding = await foundingDomains(internet);
  const { issue } = founding;
  const span = (fromDays: number, toDays: number) => ({
    notBefore: start + fromDays * DAY_MS,
    notAfter: start + toDays * DAY_MS,
  });

  const hubNames = ['mailhub.net', '*.in.mailhub.net'];
  const hub = await internet.mailHost({
    host: 'mx1.in.mailhub.net',
    addresses: 2,
    ...(await issue({ commonName: 'mailhub.net', dnsNames: hubNames, ...span(-20, 70) })),
  });
  for (const shop of SHOPS) internet.domain(shop, hub);
  const harbour = await internet.mailHost({
    host: 'mail.harbour.example',
    ...(await issue({ commonName: 'mail.harbour.example', dnsNames: ['mail.harbour.example'], ...span(-70, 19.5) })),
  });
  internet.domain('harbour.example', harbour);

  const hosts: MailHost[] = [founding.facebook, founding.hearst, ...founding.fastmail, hub, harbour];
  return {
    internet,
    anchors: founding.anchors,
    table: `${founding.policy}${SHOPS.map((shop) => `${shop}  secure match=mailhub.net`).join('\n')}\nharbour.example secure\n`,
    renewHearst: async () => founding.hearst.present(await issue({ commonName: 'gslb.pphosted.com', ...span(0, 90) })),
    moveFacebook: async () => {
      const moved = await internet.mailHost({
        host: 'smtpin.fb-delivery.net',
        ...(await issue({ commonName: '*.fb-delivery.net', dnsNames: ['*.fb-delivery.net'], ...span(-1, 89) })),
      });
      hosts.push(moved);
      internet.domain('facebook.com', moved);
    },
    dropName: async () =>
      hub.present(await issue({ commonName: '*.in.mailhub.net', dnsNames: ['*.in.mailhub.net'], ...span(-1, 89) })),
    restoreName: async () => hub.present(await issue({ commonName: 'mailhub.net', dnsNames: hubNames, ...span(-1, 89) })),
    shutPort25: (shut) => {
      for (const host of hosts) host.behave(shut ? 'silent' : 'ok');
    },
    close: () => internet.close(),
  };
}
