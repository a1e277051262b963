/** Draws main.cf's word on TLS: the level for all, anchors, our own certificate, filters, addresses, and what is broken. */
import { createPrivateKey } from 'node:crypto';
import type { Draft } from './draft.ts';

/** Adds lines and files; what is odd is named. */
export async function drawSettings(draft: Draft): Promise<void> {
  const { random, etc } = draft;
  const level = random.weighted([
    [4, ''],
    [5, 'may'],
    [2, 'encrypt'],
    [2, 'secure'],
    [0.5, 'verify'],
    [0.5, 'dane'],
    [0.2, 'none'],
    [0.2, 'sekure'],
  ]);
  if (level !== '') draft.mainCf.push(`smtp_tls_security_level = ${level}`);
  draft.mainCf.push(
    `smtp_tls_CAfile = ${random.weighted([
      [15, `${etc}/ca.pem`],
      [1, `${etc}/gone.pem`],
      [1, ''],
    ])}`,
  );
  for (const [name, text] of Object.entries(draft.authorities.files)) {
    if (name === 'ca.pem' || name === 'root-b.pem') draft.files.push({ name, text });
  }
  for (const oddity of ODDITIES) {
    if (random.chance(oddity.probability)) {
      draft.oddities.push(oddity.name);
      await oddity.draw(draft);
    }
  }
}

interface Oddity {
  readonly name: string;
  readonly probability: number;
  readonly draw: (draft: Draft) => void | Promise<void>;
}

const ODDITIES: readonly Oddity[] = [
  { name: 'a client certificate', probability: 0.15, draw: drawClientCertificate },
  { name: 'a delivery status filter', probability: 0.07, draw: drawFilter },
  {
    name: 'an empty macro in a parameter that nobody reads',
    probability: 0.03,
    draw: ({ mainCf }) => mainCf.push(`nobody_reads_this = \${}`),
  },
  {
    name: 'an empty macro in a parameter that smtp(8) reads',
    probability: 0.02,
    draw: ({ mainCf, random }) =>
      mainCf.push(`${random.pick(['smtp_helo_name', 'smtp_tls_CApath', 'smtp_sasl_mechanism_filter'])} = \${}`),
  },
  {
    name: 'a broken macro in a parameter that smtpd(8) alone reads',
    probability: 0.02,
    draw: ({ mainCf }) => mainCf.push('smtpd_banner = ${x'),
  },
  {
    name: 'compatibility_level',
    probability: 0.12,
    draw: ({ mainCf, random }) =>
      mainCf.push(
        `compatibility_level = ${random.weighted([
          [3, '2'],
          [2, '0'],
          [2, '3.7'],
          [1, '3'],
          [1, '9999'],
          [0.5, '3.'],
          [0.5, '3.6.1'],
          [0.3, 'x'],
        ])}`,
      ),
  },
  {
    name: 'a parameter set twice',
    probability: 0.08,
    draw: ({ mainCf }) => mainCf.push('biff = no', 'biff = yes'),
  },
  {
    name: 'STARTTLS discarded',
    probability: 0.02,
    draw: ({ mainCf }) => mainCf.push('smtp_discard_ehlo_keywords = starttls'),
  },
  {
    name: 'wrapper mode for all',
    probability: 0.02,
    draw: ({ mainCf }) => mainCf.push('smtp_tls_wrappermode = yes'),
  },
  {
    name: 'a fallback relay',
    probability: 0.05,
    draw: (draft) => draft.mainCf.push(`smtp_fallback_relay = [${draft.name('r1')}]`),
  },
  {
    name: 'proxy_read_maps without our tables',
    probability: 0.02,
    draw: ({ mainCf }) => mainCf.push('proxy_read_maps = $mynetworks'),
  },
  {
    name: 'another match list',
    probability: 0.05,
    draw: ({ mainCf, random }) =>
      mainCf.push(`smtp_tls_secure_cert_match = ${random.pick(['hostname', 'nexthop', 'nexthop, hostname', ''])}`),
  },
  { name: 'SNI', probability: 0.04, draw: ({ mainCf }) => mainCf.push('smtp_tls_servername = hostname') },
  { name: 'port 587 for all', probability: 0.02, draw: ({ mainCf }) => mainCf.push('smtp_tcp_port = 587') },
  { name: 'a table spelled with $config_directory', probability: 0, draw: () => undefined },
];

async function drawClientCertificate(draft: Draft): Promise<void> {
  const { random, etc, mainCf } = draft;
  const own = await draft.authorities.present('none', { dnsNames: [draft.name('client')] });
  const other = await draft.authorities.present('rsa key', { dnsNames: [draft.name('client')] });
  const expired = await draft.authorities.present('expired', { dnsNames: [draft.name('client')] });
  const encrypted = createPrivateKey(own.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const files = (certificate: string, key: string, mode?: number) => {
    draft.files.push(
      { name: 'client.pem', text: certificate },
      { name: 'client.key', text: key, ...(mode === undefined ? {} : { mode }) },
    );
    mainCf.push(`smtp_tls_cert_file = ${etc}/client.pem`, `smtp_tls_key_file = ${etc}/client.key`);
  };
  const kinds: Readonly<Record<string, () => void>> = {
    good: () => files(own.chain, own.key),
    'key for root alone': () => files(own.chain, own.key, 0o600),
    'not a pair': () => files(own.chain, other.key),
    encrypted: () => files(own.chain, encrypted.toString()),
    expired: () => files(expired.chain, expired.key),
    'key without PEM': () => files(own.chain, 'nothing\n'),
    'certificate missing': () => mainCf.push(`smtp_tls_cert_file = ${etc}/gone.pem`),
    'key missing': () => {
      draft.files.push({ name: 'client.pem', text: own.chain });
      mainCf.push(`smtp_tls_cert_file = ${etc}/client.pem`, `smtp_tls_key_file = ${etc}/gone.pem`);
    },
    'both in one file': () => {
      draft.files.push({ name: 'client.pem', text: own.chain + own.key, mode: 0o600 });
      mainCf.push(`smtp_tls_cert_file = ${etc}/client.pem`);
    },
    'key alone': () => mainCf.push(`smtp_tls_key_file = ${etc}/gone.pem`),
    'chain file': () => {
      draft.files.push({ name: 'chain.pem', text: own.key + own.chain, mode: 0o600 });
      mainCf.push(`smtp_tls_chain_files = ${etc}/chain.pem`);
    },
    'chain file in the wrong order': () => {
      draft.files.push({ name: 'chain.pem', text: own.chain + own.key });
      mainCf.push(`smtp_tls_chain_files = ${etc}/chain.pem`);
    },
    'chain file missing': () => mainCf.push(`smtp_tls_chain_files = ${etc}/gone.pem`),
    'chain file good, certificate missing': () => {
      draft.files.push({ name: 'chain.pem', text: own.key + own.chain });
      mainCf.push(`smtp_tls_chain_files = ${etc}/chain.pem`, `smtp_tls_cert_file = ${etc}/gone.pem`);
    },
    'EC certificate missing': () => mainCf.push(`smtp_tls_eccert_file = ${etc}/gone.pem`),
  };
  const kind = random.pick(Object.keys(kinds));
  draft.oddities.push(`client certificate: ${kind}`);
  kinds[kind]?.();
}

function drawFilter(draft: Draft): void {
  const { random, etc } = draft;
  const text = random.pick([
    '/^4(\\.7\\.5 .*)/ 5$1\n',
    '/^4\\.7\\.[45] / 5.7.10 no TLS there\n',
    '/^5(.*)/ 4$1\n',
    '/^4\\.7\\.5 (client TLS .*)/ 4.3.5 our fault: $1\n',
    '/^2\\.0\\.0 (.*)/ 2.1.5 $1\n',
    '/^4\\.7\\.5 / 2.0.0 never mind\n',
    '/^4\\.7\\.5 / nonsense\n',
  ]);
  const parameter = random.pick(['smtp_delivery_status_filter', 'default_delivery_status_filter']);
  const type = random.pick(['regexp', 'pcre']);
  if (!random.chance(0.1)) draft.files.push({ name: 'status_filter', text });
  draft.mainCf.push(`${parameter} = ${type}:${etc}/status_filter`);
}
