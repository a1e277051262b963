/**
 * Every oddity of the scripted mail server in front of one destination, at each level and under settings that answer to
 * it; and pairs of hosts that fail inside TLS, with a good one behind them.
 *
 * A destination is named after what it meets: `starttls354.secure.plain.test`.
 */
import type { RecordSet } from '../internet/dns-server.ts';
import { BEHAVIOURS, type Behaviour, scriptOf } from '../internet/smtp-script.ts';
import type { Identity } from '../internet/tls-server.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import type { Configuration, Scene, SceneServer } from './scene.ts';

interface Stage {
  readonly name: string;
  readonly mainCf: readonly string[];
  readonly levels: readonly ('secure' | 'encrypt' | 'may')[];
  readonly behaviours: readonly Behaviour[];
  /** Also two such hosts with a good one behind them. */
  readonly pairs: readonly Behaviour[];
  readonly wrapper?: true;
}

const known = (behaviour: Behaviour) => KNOWN_DIFFERENCES.some((each) => each.behaviour === behaviour);
const matching = (pattern: RegExp) => BEHAVIOURS.filter((behaviour) => pattern.test(behaviour) && !known(behaviour));

const INSIDE_TLS = matching(/after-tls|client-certificate|tls-then/);

const OPENINGS = matching(/^ok$|^banner|^ehlo|^nostarttls/);

const STAGES: readonly Stage[] = [
  { name: 'plain', mainCf: [], levels: ['secure', 'encrypt', 'may'], behaviours: matching(/./), pairs: INSIDE_TLS },
  {
    name: 'hard',
    mainCf: ['smtp_skip_5xx_greeting = no', 'smtp_mx_session_limit = 1'],
    levels: ['secure', 'may'],
    behaviours: matching(/^banner/),
    pairs: matching(/after-tls|tls-then|^banner|^ehlo-refused/),
  },
  {
    name: 'soft',
    mainCf: ['soft_bounce = yes'],
    levels: ['encrypt', 'may'],
    behaviours: matching(/^banner|^ehlo-refused|starttls\d|after-tls/),
    pairs: matching(/starttls(354|554)|helo-after-tls(550|354)|banner-(354|600)|helo-354/),
  },
  { name: 'helo', mainCf: ['smtp_never_send_ehlo = yes'], levels: ['encrypt', 'may'], behaviours: OPENINGS, pairs: [] },
  { name: 'esmtp', mainCf: ['smtp_always_send_ehlo = no'], levels: ['encrypt', 'may'], behaviours: OPENINGS, pairs: [] },
  {
    name: 'masks',
    mainCf: ['smtp_pix_workarounds = delay_dotcrlf'],
    levels: ['encrypt'],
    behaviours: matching(/^banner-(bare|stars|nul)/),
    pairs: [],
  },
  {
    name: 'rewritten',
    mainCf: ['smtp_reply_filter = regexp:@files@/replies.regexp'],
    levels: ['encrypt', 'may'],
    behaviours: matching(/^ok$|^banner(421|-000|-150|-600|-554|-bare|-junk|-multi)|^ehlo|starttls|after-tls/),
    pairs: matching(/^banner(421|-600)|^ehlo-refused-helo|helo-after-tls(550|421)/),
  },
  {
    name: 'hidden',
    mainCf: ['smtp_reply_filter = inline:{{250-STARTTLS=250-X-HIDDEN}, {250 STARTTLS=250 X-HIDDEN}}'],
    levels: ['encrypt', 'may'],
    behaviours: matching(/^ok$|^ehlo-(equals|nul|long|odd)|^nostarttls/),
    pairs: [],
  },
  {
    name: 'wrapped',
    mainCf: ['smtp_tls_wrappermode = yes'],
    levels: ['secure', 'encrypt'],
    behaviours: matching(/^banner|^ehlo|^helo|^ok|^close|^silent|after-tls|tls-then|client-certificate/),
    pairs: INSIDE_TLS,
    wrapper: true,
  },
];

/** Identities for `known.test`; `anchors` is the file that their chains lead to. */
export function dialogueScene({ ec, rsa }: { readonly ec: Identity; readonly rsa: Identity }, anchors: string): Scene {
  const dns = new Map<string, RecordSet>();
  const servers = new Map<string, SceneServer>();
  const host = (behaviour: Behaviour, which: number, wrapper: boolean): string => {
    const name = `${behaviour}-${which}.${wrapper ? 'wrapped' : 'mx'}.test`;
    const address = `127.${wrapper ? 67 : 66}.${BEHAVIOURS.indexOf(behaviour)}.${which}`;
    dns.set(name, { name, type: 'A', data: [address] });
    // A greeting in plaintext has no meaning where the first byte is TLS: the whole talk moves inside.
    const script = wrapper ? { script: { ...scriptOf(behaviour), wrapper: true } } : {};
    servers.set(name, { address, behaviour, ...(/-rsa/.test(behaviour) ? rsa : ec), ...script });
    return name;
  };
  const configurations = STAGES.map(({ name, mainCf, levels, behaviours, pairs, wrapper = false }): Configuration => {
    let policy = '';
    const recipients: string[] = [];
    const add = (title: string, level: string, hosts: readonly string[]) => {
      const domain = `${title}.${level}.${name}.test`;
      dns.set(domain, { name: domain, type: 'MX', data: hosts.map((each, i) => `${(i + 1) * 10} ${each}`) });
      policy += `${domain} ${level}${level === 'secure' ? ' match=known.test' : ''}\n`;
      recipients.push(domain);
    };
    for (const level of levels) {
      for (const behaviour of behaviours) add(behaviour, level, [host(behaviour, 1, wrapper)]);
      for (const behaviour of pairs)
        add(`two-${behaviour}`, level, [1, 2].map((which) => host(behaviour, which, wrapper)).concat(host('ok', 1, wrapper)));
    }
    return {
      name: `dialogue: ${name}`,
      mainCf: ['smtp_tls_CAfile = @files@/dialogue.pem', ...mainCf],
      policy,
      recipients,
    };
  });
  const files = { 'dialogue.pem': anchors, 'replies.regexp': REWRITES };
  return { dns: [...dns.values()], servers: [...servers.values()], files, configurations };
}

/** What is not said before TLS or at its beginning stays as it is: nobody judges it. */
const REWRITES = [
  '/^5([0-9][0-9].*)$/ 4$1',
  '/^421 .*/ 521 5.3.2 gone',
  '/^(150|600|999) .*/ 250-$1 was it',
  '/^250-STARTTLS$/ 250-starttls=maybe',
  '/^220 ready$/ 250 2.0.0 ready',
  '/^hello, who is there$/ 220 a greeting',
  '',
].join('\n');
