/**
 * Who is still closing after our QUIT. Nobody waits for that but the next conversation with the same
 * address: many servers count connections by client, and would refuse one too many.
 */
export class Farewells {
  readonly #closing = new Map<string, Set<Promise<void>>>();

  /** @param closed resolves, and never rejects, when the connection is closed */
  begin(address: string, closed: Promise<void>): void {
    const all = this.#closing.get(address) ?? new Set();
    this.#closing.set(address, all.add(closed));
    void closed.then(() => {
      all.delete(closed);
      if (all.size === 0 && this.#closing.get(address) === all) this.#closing.delete(address);
    });
  }

  /** Resolves when nothing with the address is closing that was when this was asked. */
  async over(address: string): Promise<void> {
    const all = this.#closing.get(address);
    if (all === undefined) return;
    // Connections that are closing keep no process alive; whoever waits for them does.
    const alive = setInterval(() => {}, 1_000);
    await Promise.all(all);
    clearInterval(alive);
  }
}
