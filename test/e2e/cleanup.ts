/** What has been started so far, ended in the reverse order, also when a later start failed. */
export class Cleanup {
  private readonly endings: (() => Promise<unknown>)[] = [];

  add(ending: () => Promise<unknown>): void {
    this.endings.push(ending);
  }

  /** Runs every ending even when one fails, then throws the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const ending of this.endings.splice(0).reverse())
      await ending().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
