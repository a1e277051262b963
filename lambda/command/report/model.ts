/** What a page shows, as data: read from the store by read.ts, drawn by page/. Times are epoch ms. */
import type { Verdict } from '../../verdict/verdict.ts';
import type { StatusOf } from '../status/text.ts';
import type { Provider } from './certificates.ts';
import type { FirstScreen } from './first-screen.ts';
import type { MailPart } from './mail.ts';
import type { EntryLine, HostLine, Span } from './spans.ts';

export interface Report {
  /** When it was made: what relative times are relative to. */
  readonly at: number;
  /** Store, policy and vantage. */
  readonly of: StatusOf;
  readonly first: FirstScreen;
  /** Entries by the verdict last reached. */
  readonly counts: Readonly<Record<Verdict, number>>;
  /** What the timelines show; it ends after `at`, so that the next ends are in sight. */
  readonly axis: Span;
  readonly gaps: readonly Span[];
  /** The command that looks at an entry, with its name left open. */
  readonly lookNow: string | undefined;
  /** Worst first. */
  readonly entries: readonly ReportEntry[];
  /** Of MX hosts, those that end next first. */
  readonly hosts: readonly ReportHost[];
  readonly providers: readonly Provider[];
  /** Undefined where no log was read, ever. */
  readonly mail: MailPart | undefined;
}

/** Every text is neutral for any medium. */
export interface ReportEntry {
  readonly name: string;
  readonly verdict: Verdict;
  /** Short words for why, where it does not pass. */
  readonly reason: string | undefined;
  /** Since when the verdict is this. */
  readonly since: number;
  /** Since when it cannot be judged. */
  readonly unjudgedSince: number | undefined;
  readonly sentence: string;
  readonly level: string;
  readonly nextHop: string;
  readonly service: string | undefined;
  readonly providers: readonly string[];
  readonly protection: string;
  /** From when it would fail, by what is known. */
  readonly end: number | undefined;
  readonly endBecause: string | undefined;
  readonly suggestion: string | undefined;
  /** On what days that line would have held, in a clause. */
  readonly proof: string | undefined;
  readonly caution: string | undefined;
  readonly mutedUntil: number | undefined;
  /** Table and line; undefined where the policy is not at hand. */
  readonly place: string | undefined;
  /** What is asked, and the way there, in sentences; undefined as above. */
  readonly demand: string | undefined;
  readonly route: string | undefined;
  readonly hosts: readonly EntryHost[];
  /** Looks at it now; undefined where no shell takes the name. */
  readonly command: string | undefined;
  readonly line: EntryLine;
}

export interface EntryHost {
  readonly name: string;
  readonly preference: number;
  /** When its certificate ends; undefined without one. */
  readonly notAfter: number | undefined;
}

export interface ReportHost {
  readonly name: string;
  readonly line: HostLine;
}
