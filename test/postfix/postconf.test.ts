import { expect, test } from 'vitest';
import {
  isChrooted,
  masterCfFatal,
  optionFatal,
  overridesOf,
  parseServices,
  printMasterCf,
} from '../../lambda/postfix/postconf.ts';

const OUTPUT = `smtp       inet  n       -       y       -       -       smtpd
smtp       unix  -       -       y       -       -       smtp
relay      unix  -       -       -       -       -       smtp -o syslog_name=postfix/$service_name
uucp       unix  -       n       n       -       -       pipe flags=Fqhu user=uucp
pickup     unix  n       -       y       60      1       pickup

broken line
`;

test('services of postconf -M', () => {
  expect(parseServices(OUTPUT)).toEqual([
    { name: 'smtp', type: 'inet', chroot: 'y', command: 'smtpd', isTransport: false },
    { name: 'smtp', type: 'unix', chroot: 'y', command: 'smtp', isTransport: true },
    { name: 'relay', type: 'unix', chroot: '-', command: 'smtp', isTransport: true },
    { name: 'uucp', type: 'unix', chroot: 'n', command: 'pipe', isTransport: true },
    { name: 'pickup', type: 'unix', chroot: 'y', command: 'pickup', isTransport: false },
  ]);
});

test('master.cf as postconf -M and -P print it', () => {
  const text = `# a comment
smtp      unix  -  -  y  -  -  smtp
relay     unix  -  -  n  -  -  smtp
  -o syslog_name=postfix/$service_name
#  -o smtp_tls_security_level=none
  -o { smtp_tls_policy_maps = inline:{ {a.test = secure match=b.test} } }
  -osmtp_tls_security_level=encrypt -v
`;
  const { services, overrides } = printMasterCf(text);
  expect(parseServices(services).map(({ name, chroot, command }) => `${name} ${chroot} ${command}`)).toEqual([
    'smtp y smtp',
    'relay n smtp',
  ]);
  expect(overridesOf(overrides, { name: 'relay', type: 'unix' })).toBe(
    'syslog_name = postfix/$service_name\n' +
      'smtp_tls_policy_maps = inline:{ {a.test = secure match=b.test} }\n' +
      'smtp_tls_security_level = encrypt\n',
  );
  expect(overridesOf(overrides, { name: 'smtp', type: 'unix' })).toBe('');
});

test('overrides of one service become main.cf lines', () => {
  const output =
    'smtp/inet/a = 1\nsmtp/unix/smtp_tls_security_level = encrypt\nsmtp/unix/relayhost = [r.test]\nrelay/unix/b = 2\n';
  expect(overridesOf(output, { name: 'smtp', type: 'unix' })).toBe('smtp_tls_security_level = encrypt\nrelayhost = [r.test]\n');
});

test.each([
  { column: 'y', version: '3.7', level: '3.6', chrooted: true, because: 'it says so' },
  { column: 'n', version: '2.11', level: '0', chrooted: false, because: 'it says so' },
  { column: '-', version: '2.11', level: '0', chrooted: true, because: 'before 3.0 the default is yes' },
  { column: '-', version: '3.7', level: '0', chrooted: true, because: 'below compatibility_level 1 still' },
  { column: '-', version: '3.7', level: '3.6', chrooted: false, because: 'from 3.0 no' },
  { column: '-', version: '3.7', level: 'x', chrooted: false, because: 'a level that is none' },
])('chroot column $column on $version at $level: $because', ({ column, version, level, chrooted }) => {
  expect(isChrooted({ chroot: column }, version, level)).toBe(chrooted);
});

test.each([
  ['smtp unix - - n - - smtp -o { a = inline:{b=c }', `/m.cf: line 2: missing '}' in "{ a = inline:{b=c }"`],
  ['smtp unix - - n - - smtp\n  # comment\n  -o { a = b }c', `/m.cf: line 2: syntax error after '}' in "{ a = b }c"`],
  ['pipe unix - n n - - pipe flags=R\n  argv=/bin/x {', `/m.cf: line 2: missing '}' in "{"`],
  ['smtp unix - - n - - smtp -o { a = b } -o c={d', undefined],
  ['smtp unix - - n - - smtp -o a', undefined],
])('%j ends master(8): %s', (service, fatal) => {
  expect(masterCfFatal(`# first\n${service}\n`, '/m.cf')).toBe(fatal);
});

test.each([
  ['-o a', `invalid "-o a" option value: missing '=' after attribute name`],
  ['-o { a }', `invalid "-o a" option value: missing '=' after attribute name`],
  ['-v -oa=b -o =c', 'invalid "-o =c" option value: missing attribute name'],
  ['-oa', `invalid "-o a" option value: missing '=' after attribute name`],
  ['-o', 'invalid option: o'],
  ['-v -o a=b -o { c = d }', undefined],
  ['', undefined],
])('a service whose smtp(8) has %j ends over it: %s', (options, fatal) => {
  const text = `out inet n - n - - smtpd -o x\nout unix - - n - - smtp ${options}\nlater unix - - n - - smtp -o y\n`;
  expect(optionFatal(text, { name: 'out', type: 'unix' })).toBe(fatal);
});
