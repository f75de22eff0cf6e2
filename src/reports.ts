/** Work that reports by a callback, as a generator of its reports. */

/**
 * Yields what `work` reports, in order, and returns its result; what it throws comes through after the reports before it.
 *
 * @param late gets the result where the reader has gone away before, to free it
 */
export async function* reports<Report, Result>(
  work: (report: (report: Report) => void) => Promise<Result>,
  late: (result: Result) => unknown = () => undefined,
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
  let isRead = false;
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift() as Report;
      if (ended) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    isRead = true;
    return await result;
  } finally {
    if (!isRead) result.then(late).catch(() => undefined);
  }
}
