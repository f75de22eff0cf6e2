/**
 * The promise's result, or the signal's reason as soon as it is aborted. The work behind the promise continues unseen; `late` gets its
 * result, to free it.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  late: (result: T) => unknown = () => undefined,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
      promise.then(late).catch(() => undefined);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
