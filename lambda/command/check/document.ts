/** A check run as the one JSON document of `--json` (check.schema.json). Pure. */
import type { MailSeen } from '../../alert/incident/run-facts.ts';
import { shareOf } from '../../alert/message/mail-share.ts';
import { acceptedIn } from '../../certificate/anchors.ts';
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { VERSION } from '../../version.ts';
import { countVerdicts } from '../summary.ts';
import type { CheckDocument } from './verdict-schema.ts';

export function checkDocument(
  run: CheckRun,
  bundle: Bundle,
  mail?: MailSeen,
  byRoot: CheckDocument['byRoot'] = null,
): CheckDocument {
  return {
    version: 1,
    run: runFacts(run, bundle),
    vantage: { ipv4: run.vantage.ipv4, ipv6: run.vantage.ipv6 },
    summary: { ...countVerdicts(run.verdicts) },
    mail: mail === undefined ? null : mailDocument(mail, run),
    byRoot,
    // The stages' values as they are, all JSON; in the document's type they are not readonly.
    entries: run.verdicts as CheckDocument['entries'],
  };
}

function mailDocument(mail: MailSeen, run: CheckRun): NonNullable<CheckDocument['mail']> {
  const { since, recipients, watched, unasked } = shareOf(mail, run.verdicts);
  return {
    since: new Date(since).toISOString(),
    ...{ recipients, watched, unasked },
    byEntry: run.verdicts.flatMap(({ id }) => {
      const own = named(mail.byDestination, id);
      return own === undefined ? [] : [{ id, recipients: own }];
    }),
  };
}

export function runFacts(
  run: Pick<CheckRun, 'at' | 'complete' | 'noDnssec'>,
  bundle: Bundle,
): CheckDocument['run'] {
  return {
    tool: `postfix-tls-watch ${VERSION}`,
    at: new Date(run.at).toISOString(),
    postfixVersion: bundle.settings.version,
    assumed: [...bundle.assumed],
    trust: trustSentence(bundle),
    complete: run.complete,
    noDnssec: run.noDnssec ?? null,
  };
}

/** `/etc/ssl/certs/ca-certificates.crt (142 certificates)`, or why there is nothing to trust. */
export function trustSentence(bundle: Bundle): string {
  switch (bundle.trust.kind) {
    case 'anchors': {
      const { length } = acceptedIn(bundle.trust);
      return `${bundle.trust.source} (${length} ${length === 1 ? 'certificate' : 'certificates'})`;
    }
    case 'engine-off':
      return `none, since Postfix switches TLS off (${bundle.trust.because})`;
  }
}
