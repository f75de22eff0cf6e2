/** Work that reports by a callback, as a generator of its reports. */

/** Yields what `work` reports, in order, and returns its result; what it throws comes through after the reports before it. */
export async function* reports<Report, Result>(
  work: (report: (report: Report) => void) => Promise<Result>,
): AsyncGenerator<Report, Result, void> {
  const waiting: Report[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const result = work((report) => {
    waiting.push(report);
    wake();
  }).finally(() => {
    ended = true;
    wake();
  });
  // It is awaited below; should the reader go away before, nobody else is there to hear that it failed.
  result.catch(() => undefined);
  for (;;) {
    while (waiting.length > 0) yield waiting.shift() as Report;
    if (ended) return await result;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}
