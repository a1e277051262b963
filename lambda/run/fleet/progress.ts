/** How far all workers are, as one process would tell it. Pure but for its own state. */
import type { Contact } from '../../probe/contact.ts';
import { hostsWaitedFor, type Progress } from '../check/look.ts';
import type { ShardProgress } from './stages.ts';

export class Tally {
  readonly #tell: (progress: Progress) => void;
  readonly #hostOf = new Map<string, string>();
  readonly #shards = new Map<number, ShardProgress>();
  #conversations = 0;
  /** Of an earlier pass. */
  #before = 0;

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  met(contacts: readonly Contact[]): void {
    for (const { conversation, host } of contacts)
      if (conversation !== undefined) this.#hostOf.set(conversation.id, host.host);
  }

  /** So many more are to be had. */
  begin(conversations: number): void {
    this.#before = this.#done();
    this.#shards.clear();
    this.#conversations += conversations;
    if (conversations > 0) this.#show();
  }

  note(shard: number, progress: ShardProgress): void {
    this.#shards.set(shard, progress);
    this.#show();
  }

  #done(): number {
    return [...this.#shards.values()].reduce((sum, { done }) => sum + done, this.#before);
  }

  #show(): void {
    this.#tell({
      kind: 'probing',
      done: this.#done(),
      conversations: this.#conversations,
      waitsFor: () => {
        const all = [...this.#shards.values()].flatMap(({ waits }) => waits ?? []);
        const waits = all.find(({ kind }) => kind === 'answer') ?? all[0];
        return waits && hostsWaitedFor(waits, this.#hostOf);
      },
    });
  }
}
