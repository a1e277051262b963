/** Where mail went, by the log, and how much of it is watched. */
import { day } from '../../../text/dates.ts';
import type { MailPart, MailRow } from '../mail.ts';
import type { Report } from '../model.ts';
import { html, type Part } from './html.ts';
import { code, counted, shape, time } from './words.ts';

export function mailSection({ mail }: Report): Part {
  if (mail === undefined)
    return html`<p class="none">
      No log was read. With ${code('--log /var/log/mail.log')} (or ${code('--log journal')}) this shows where mail
      goes, and how much of it is watched.
    </p>`;
  const most = mail.rows[0]?.recipients ?? 1;
  return [
    summary(mail),
    mail.rows.length === 0
      ? ''
      : html`<div class="wide">
          <table class="mail">
            <caption class="vh">Destinations, most mail first</caption>
            <thead>
              <tr>
                <th scope="col">Destination</th>
                ${mail.messages === undefined ? '' : html`<th scope="col" class="num">Messages</th>`}
                <th scope="col" class="num">Recipients</th>
                <th scope="col">Share</th>
                <th scope="col">Watched</th>
              </tr>
            </thead>
            <tbody>
              ${mail.rows.map((one) => row(one, most, mail.messages !== undefined))}
            </tbody>
          </table>
        </div>`,
    mail.more === 0
      ? ''
      : html`<p>and ${counted(mail.more, 'destination')} more, with less mail.</p>`,
  ];
}

function summary({ since, recipients, watched, messages }: MailPart): Part {
  if (recipients === 0)
    return html`<p>No mail went out by the log since ${time(since, day(since))}.</p>`;
  // Never more than it is: 99.97 are no 100.
  const share = (Math.floor((watched / recipients) * 1000) / 10).toFixed(1);
  return [
    html`<p class="lead">
      <b>${share} %</b> of the mail is watched: ${watched.toLocaleString('en-US')} of ${counted(recipients, 'recipient')}${messages === undefined ? '' : ` of ${counted(messages, 'message')}`}, by the log since ${time(since, day(since))}.
    </p>`,
    html`<svg class="bar" height="10" aria-hidden="true">
      <rect class="rest" width="100%" height="10" />
      <rect class="pass" width=${`${share}%`} height="10" />
    </svg>`,
  ];
}

function row(
  { name, messages, recipients, isWatched }: MailRow,
  most: number,
  hasMessages: boolean,
): Part {
  const width = `${((recipients / most) * 100).toFixed(1)}%`;
  return html`<tr>
    <th scope="row">${name}</th>
    ${hasMessages ? html`<td class="num">${(messages ?? 0).toLocaleString('en-US')}</td>` : ''}
    <td class="num">${recipients.toLocaleString('en-US')}</td>
    <td><svg class="bar small" height="8" aria-hidden="true"><rect class=${isWatched ? 'pass' : 'rest'} width=${width} height="8" /></svg></td>
    <td>${isWatched ? [shape('pass'), 'yes'] : [shape('unchecked'), 'no']}</td>
  </tr>`;
}
