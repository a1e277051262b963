/** The flags of mail and webhooks. Secrets are in files or in the environment, never in a flag. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseAddress, parseServer } from '../alert/channel/mail/address.ts';
import type { MailFlags } from '../alert/channel/mail/open-mail.ts';
import { WEBHOOK_FORMATS } from '../alert/channel/webhook/medium.ts';
import type { WebhookFlags } from '../alert/channel/webhook/open-webhook.ts';

/** By which ways to tell. */
export interface TellFlags extends MailFlags, WebhookFlags {
  readonly topic?: string;
  readonly chatTopic?: string;
  readonly hook?: string;
}

export function addMailFlags(command: Command): Command {
  return command
    .option(
      '--mail-to <address>',
      'mail messages to this address (repeatable; each is told by itself)',
      collectAddress,
    )
    .option(
      '--mail-from <address>',
      'the sender (default: postfix-tls-watch at the name of this host)',
      mailAddress,
    )
    .option(
      '--smtp <host[:port]>',
      'the mail server that takes messages (default: localhost:25)',
      mailServer,
    )
    .addOption(
      new Option(
        '--smtp-tls <mode>',
        'off, starttls or wrapper (default: off on this host, wrapper on port 465, else starttls)',
      ).choices(SMTP_TLS),
    )
    .option('--smtp-ca-file <file>', 'who signed its certificate (PEM), if not a well-known CA')
    .option(
      '--smtp-login-file <file>',
      'user:password for it, in a file; or in POSTFIX_TLS_WATCH_SMTP_LOGIN',
    );
}

export function addWebhookFlags(command: Command): Command {
  return command
    .option('--webhook <url>', 'send messages to this address, by https')
    .option(
      '--webhook-file <file>',
      'the same in a file, where the address is a secret; or in POSTFIX_TLS_WATCH_WEBHOOK',
    )
    .addOption(
      new Option('--webhook-format <medium>', 'what listens there (default: json)').choices(
        WEBHOOK_FORMATS,
      ),
    )
    .option(
      '--webhook-token-file <file>',
      'an access token for it, in a file; or in POSTFIX_TLS_WATCH_WEBHOOK_TOKEN',
    );
}

function mailAddress(value: string): string {
  const address = parseAddress(value);
  if (address === undefined)
    throw new InvalidArgumentError('an address such as postmaster@example.com is wanted');
  return address;
}

/** For a flag that may be repeated, as `collect` in flags.ts. */
function collectAddress(value: string, earlier: readonly string[] | undefined): string[] {
  return [...new Set([...(earlier ?? []), mailAddress(value)])];
}

function mailServer(value: string): string {
  if (parseServer(value) === undefined)
    throw new InvalidArgumentError('a host, or host:port, is wanted');
  return value;
}

const SMTP_TLS: readonly NonNullable<MailFlags['smtpTls']>[] = ['off', 'starttls', 'wrapper'];
