/** Which service delivers, and to which next hop: transports, senders, classes of domains, ports. */
import type { Situation } from './situation.ts';

export const wayOutSituations: readonly Situation[] = [
  {
    title: 'other smtp service with -o smtp_tls_security_level',
    mainCf: ['transport_maps = inline:{a.D=out:}'],
    masterCf: [
      'out unix - - n - - smtp',
      '  -o smtp_tls_security_level=secure',
      '  -o { smtp_tls_secure_cert_match = wrong.example }',
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'other smtp service with -o smtp_tls_policy_maps',
    mainCf: ['transport_maps = inline:{a.D=out:}', 'smtp_tls_policy_maps = static:encrypt'],
    masterCf: ['out unix - - n - - smtp', '  -o { smtp_tls_policy_maps = static:{secure match=wrong.example} }'],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'smtp service: -o smtp_tls_policy_maps=',
    mainCf: ['smtp_tls_policy_maps = static:{secure match=wrong.example}', 'transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - n - - smtp', '  -o smtp_tls_policy_maps='],
    ends: { 'm@a.D': 'sent in plaintext' },
  },
  {
    title: 'relay_domains goes by the relay service',
    mainCf: ['relay_domains = a.D'],
    masterCf: ['relay unix - - n - - smtp -o smtp_tls_security_level=secure -o smtp_tls_secure_cert_match=wrong.example'],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'relay_domains as table (hash), subdomain',
    mainCf: ['relay_domains = hash:ETC/relay'],
    masterCf: ['relay unix - - n - - smtp -o smtp_tls_security_level=secure -o smtp_tls_secure_cert_match=wrong.example'],
    files: [{ name: 'relay', text: 'D x\n', build: 'hash' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'one service dies (-o smtp_tls_security_level=sekure), smtp does not',
    mainCf: ['transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - n - - smtp -o smtp_tls_security_level=sekure'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: Invalid TLS level "sekure"', 'm@b.D': 'sent in plaintext' },
  },
  {
    title: 'smtp dies (smtp_tls_security_level = sekure), the service of an entry at none does not',
    mainCf: [
      'smtp_tls_security_level = sekure',
      'transport_maps = inline:{a.D=out:}',
      'smtp_tls_policy_maps = inline:{a.D=none, b.D=none}',
    ],
    masterCf: ['out unix - - n - - smtp -o smtp_tls_security_level=none'],
    ends: { 'm@a.D': 'sent in plaintext', 'm@b.D': 'not delivered: postfix/smtp: fatal: Invalid TLS level "sekure"' },
  },
  {
    title: 'capitals in texthash through proxymap (never found)',
    mainCf: ['smtp_tls_policy_maps = proxy:texthash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'A.D secure match=wrong.example\n' }],
    ends: { 'm@a.D': 'sent in plaintext' },
  },
  {
    title: 'capitals in inline through proxymap (never found)',
    mainCf: ['smtp_tls_policy_maps = proxy:inline:{{A.D = secure match=wrong.example}}'],
    ends: { 'm@a.D': 'sent in plaintext' },
  },
  {
    title: 'capitals in texthash',
    mainCf: ['smtp_tls_policy_maps = texthash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'A.D secure match=wrong.example\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: '-o with a proxy: table that main.cf does not name',
    mainCf: ['transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - n - - smtp -o smtp_tls_policy_maps=proxy:hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D encrypt\n', build: 'hash' }],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: proxymap service is not configured for table "hash:ETC/tls_policy"' },
  },
  {
    title: 'transport_maps regexp /@a\\.D$/ to a relay',
    mainCf: ['transport_maps = regexp:ETC/t', 'smtp_tls_policy_maps = static:{secure match=wrong.example}'],
    files: [{ name: 't', text: '/@a\\.D$/ smtp:[r.D]\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'transport_maps regexp /^a\\.D$/ (never found)',
    mainCf: ['transport_maps = regexp:ETC/t', 'smtp_tls_security_level = may'],
    files: [{ name: 't', text: '/^a\\.D$/ smtp:[r.D]:465\n' }],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps socketmap knows a.D alone (never found)',
    mainCf: ['transport_maps = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { 'a.D': { kind: 'found', value: 'smtp:[r.D]:465' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps socketmap knows *',
    mainCf: ['transport_maps = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { '*': { kind: 'found', value: 'smtp:[r.D]:587' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps socketmap knows the address',
    mainCf: ['transport_maps = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { 'm@a.D': { kind: 'found', value: 'smtp:[r.D]:587' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    asked: 'addresses',
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps with the address as key, hash',
    mainCf: ['transport_maps = inline:{m@a.D=smtp:[r.D]:587}', 'smtp_tls_security_level = may'],
    asked: 'addresses',
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps socketmap TEMP',
    mainCf: ['transport_maps = socketmap:inet:ADDR:8642:m'],
    daemons: [{ protocol: 'socketmap', address: 'ADDR', port: 8642, answers: {}, otherwise: { kind: 'temporary' } }],
    ends: { 'm@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'transport_maps missing',
    mainCf: ['transport_maps = hash:ETC/gone', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'transport_maps: nosuch:',
    mainCf: ['transport_maps = inline:{a.D=nosuch:}', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'deferred 4.3.0 mail transport unavailable, by error' },
  },
  {
    title: 'transport_maps: [r.D] without a colon before',
    mainCf: ['transport_maps = inline:{a.D=[r.D]}', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'deferred 4.3.0 mail transport unavailable, by error' },
  },
  {
    title: 'transport_maps: empty value by static:{}',
    mainCf: ['transport_maps = static:{}', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'transport_maps: smtp: resets relayhost',
    mainCf: ['transport_maps = inline:{a.D=smtp:}', 'relayhost = [r.D]', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'sent Trusted', 'm@b.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps: : keeps relayhost',
    mainCf: ['transport_maps = inline:{a.D=:}', 'relayhost = [r.D]', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'transport_maps: lmtp, local, error, discard, pipe',
    mainCf: [
      'transport_maps = inline:{{a.D=lmtp:[127.0.0.1]}, {b.D=local:}, {w.D=error:5.7.1 no}, {n.D=discard:}, {p.D=pipe:}}',
      'smtp_tls_security_level = secure',
    ],
    ends: {
      'm@a.D': 'deferred 4.4.1 connect to 127.0.0.1[127.0.0.1]:24: Connection refused, by lmtp',
      'm@b.D': 'bounced 5.1.1 unknown user: "m", by local',
      'm@w.D': 'bounced 5.7.1 no, by error',
      'm@n.D': 'sent 2.0.0 n.D, by discard',
      'm@p.D': 'sent 2.0.0 delivered via pipe service, by pipe',
    },
  },
  {
    title: 'transport next hop [r]:nosuchservice',
    mainCf: ['transport_maps = inline:{a.D=smtp:[r.D]:nosuchservice}', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: unknown service: nosuchservice/tcp' },
  },
  {
    title: 'transport next hop [r]:submission',
    mainCf: [
      'transport_maps = inline:{a.D=smtp:[r.D]:submission}',
      'smtp_tls_policy_maps = inline:{{[r.D]:submission=secure match=wrong.example}}',
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'relayhost = smtp:[r.D]',
    mainCf: ['relayhost = smtp:[r.D]', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: unknown service: [r.D]/tcp' },
  },
  {
    title: 'relayhost with blank',
    mainCf: ['relayhost = [gone.D] [r.D]:587', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'sender_dependent_relayhost_maps',
    mainCf: [
      'sender_dependent_relayhost_maps = inline:{@s.D=[r.D]:587}',
      'smtp_tls_policy_maps = inline:{{a.D=encrypt}, {[r.D]:587=secure match=wrong.example}}',
    ],
    ends: { 'anna@s.D to m@a.D': 'deferred 4.7.5 Server certificate not verified', 'bert@t.D to n@a.D': 'sent Trusted' },
  },
  {
    title: 'a next hop of some senders whose policy is broken, in a table of patterns',
    mainCf: ['sender_dependent_relayhost_maps = inline:{@s.D=[r.D]:587}', 'smtp_tls_policy_maps = regexp:ETC/policy'],
    files: [{ name: 'policy', text: '/^\\[r\\.D\\]:587$/ secure match=r.D tafile=/gone.pem\n/^a\\.D$/ encrypt\n' }],
    ends: { 'anna@s.D to m@a.D': 'deferred 4.7.5 client TLS configuration problem', 'bert@t.D to n@a.D': 'sent Trusted' },
  },
  {
    title: 'a service of some senders alone that dies, to a next hop without an entry',
    mainCf: ['sender_dependent_default_transport_maps = inline:{@s.D=out:[r.D]:587}', 'smtp_tls_security_level = may'],
    masterCf: ['out unix - - n - - smtp', '  -o smtp_tls_security_level=sekure'],
    ends: {
      'anna@s.D to m@a.D': 'not delivered: postfix/smtp: fatal: Invalid TLS level "sekure"',
      'bert@t.D to n@a.D': 'sent Trusted',
    },
  },
  {
    title: 'sender_dependent_relayhost_maps missing',
    mainCf: ['sender_dependent_relayhost_maps = hash:ETC/gone', 'smtp_tls_security_level = may'],
    ends: { 'anna@s.D to m@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'sender_dependent_default_transport_maps',
    mainCf: ['sender_dependent_default_transport_maps = inline:{@s.D=out:}', 'smtp_tls_security_level = may'],
    masterCf: ['out unix - - n - - smtp', '  -o smtp_tls_security_level=secure', '  -o smtp_tls_secure_cert_match=wrong.example'],
    ends: { 'anna@s.D to m@a.D': 'deferred 4.7.5 Server certificate not verified', 'bert@t.D to n@a.D': 'sent Trusted' },
    told:
      'no sender leaves by out, which sender_dependent_default_transport_maps names for some: mail is judged as all others ' +
      'send it',
  },
  {
    title: 'a sender map that proxymap may not open, for a domain of another class',
    mainCf: [
      'sender_dependent_default_transport_maps = proxy:texthash:ETC/senders',
      'proxy_read_maps =',
      'relay_domains = a.D',
      'smtp_tls_security_level = may',
    ],
    files: [{ name: 'senders', text: '@s.D out:\n' }],
    ends: {
      'm@a.D':
        'not delivered: postfix/trivial-rewrite: fatal: proxymap service is not configured for table "texthash:ETC/senders"',
    },
  },
  {
    title: 'mydestination',
    mainCf: ['mydestination = a.D', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'bounced 5.1.1 unknown user: "m", by local' },
  },
  {
    title: 'virtual_alias_domains',
    mainCf: ['virtual_alias_domains = a.D', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'bounced 5.1.1 User unknown in virtual alias table, by error' },
  },
  {
    title: 'virtual_mailbox_domains',
    mainCf: ['virtual_mailbox_domains = a.D', 'virtual_mailbox_base = /x', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'bounced 5.1.1 unknown user: "m@a.D", by virtual' },
  },
  {
    title: 'virtual_mailbox_domains, virtual_transport = smtp:[r.D]',
    mainCf: ['virtual_mailbox_domains = a.D', 'virtual_transport = smtp:[r.D]:587', 'smtp_tls_security_level = secure'],
    ends: { 'm@a.D': 'sent Verified' },
  },
  {
    title: 'mydestination missing table',
    mainCf: ['mydestination = hash:ETC/gone', 'smtp_tls_security_level = may'],
    ends: { 'm@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'relay_domains TEMP',
    mainCf: ['relay_domains = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [{ protocol: 'socketmap', address: 'ADDR', port: 8642, answers: {}, otherwise: { kind: 'temporary' } }],
    ends: { 'm@a.D': 'deferred 4.3.0 address resolver failure, by error' },
  },
  {
    title: 'virtual_alias_domains by socketmap',
    mainCf: ['virtual_alias_domains = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { 'a.D': { kind: 'found', value: 'x' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    ends: { 'm@a.D': 'bounced 5.1.1 User unknown in virtual alias table, by error', 'm@b.D': 'sent Trusted' },
  },
  {
    title: 'default_transport = out:',
    mainCf: ['default_transport = out:'],
    masterCf: ['out unix - - n - - smtp -o smtp_tls_security_level=secure -o smtp_tls_secure_cert_match=wrong.example'],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'smtp_delivery_status_filter 4.7.5 to 5.7.5',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_delivery_status_filter = regexp:ETC/f'],
    files: [
      { name: 'tls_policy', text: 'a.D secure match=wrong.example\n', build: 'hash' },
      { name: 'f', text: '/^4(\\.7\\.5 .*)/ 5$1\n' },
    ],
    ends: { 'm@a.D': 'bounced 5.7.5 Server certificate not verified' },
  },
  {
    title: 'smtp_delivery_status_filter of mail that was sent',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_delivery_status_filter = regexp:ETC/f'],
    files: [
      { name: 'tls_policy', text: 'a.D encrypt\n', build: 'hash' },
      { name: 'f', text: '/^2/ 5.7.5 never\n' },
    ],
    ends: { 'm@a.D': 'sent Trusted' },
    told: 'mail to a.D is delivered encrypted',
  },
  {
    title: 'smtp_delivery_status_filter missing',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_delivery_status_filter = regexp:ETC/f'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=wrong.example\n', build: 'hash' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: '[r]:465 without wrapper mode',
    mainCf: ['relayhost = [r.D]:465', 'smtp_tls_security_level = encrypt'],
    ends: { 'm@a.D': 'deferred 4.4.2 conversation with r.D[@50] timed out while receiving the initial server greeting' },
  },
  {
    title: '[r]:465, service with -o smtp_tls_wrappermode=yes',
    mainCf: ['transport_maps = inline:{a.D=out:[r.D]:465}'],
    masterCf: ['out unix - - n - - smtp -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=secure'],
    ends: { 'm@a.D': 'sent Verified' },
  },
];
