/** "Copy as command, cell, code": what paints the picture that is shown again. */
import { useRef, useState } from 'preact/hooks';
import type { Copies } from '../../../src/studio/protocol';
import { ask } from '../ask';
import { Dialog } from '../parts/dialog';
import { Problem } from '../parts/problem';

const KINDS = { command: 'Command', cell: 'Notebook cell', code: 'Program' } as const;
type Kind = keyof typeof KINDS;

export function CopyAs({ isReady }: { isReady: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [copies, setCopies] = useState<Copies>();
  const [problem, setProblem] = useState<string>();
  const [kind, setKind] = useState<Kind>('command');
  const [copied, setCopied] = useState<string>();

  const open = async () => {
    setCopied(undefined);
    setProblem(undefined);
    try {
      setCopies(await ask<Copies>('copies'));
    } catch (error) {
      setProblem((error as Error).message);
    }
    dialog.current?.showModal();
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(copies?.[kind] ?? '');
      setCopied('Copied.');
    } catch {
      setCopied('The browser does not let the page copy. Select the text and copy it yourself.');
    }
  };
  return (
    <>
      <button type="button" disabled={!isReady} onClick={() => void open()}>
        Copy as…
      </button>
      <Dialog place={dialog} title="Copy as">
        {problem && <Problem>{problem}</Problem>}
        {copies && (
          <div class="copying">
            <div class="kinds" role="group" aria-label="What to copy">
              {(Object.keys(KINDS) as Kind[]).map((each) => (
                <button
                  type="button"
                  aria-pressed={each === kind}
                  onClick={() => {
                    setKind(each);
                    setCopied(undefined);
                  }}
                >
                  {KINDS[each]}
                </button>
              ))}
            </div>
            <pre tabIndex={0}>{copies[kind]}</pre>
            <p>{copies.note}</p>
            <p class="done">
              <button type="button" class="main" onClick={() => void copy()}>
                Copy
              </button>{' '}
              <span role="status">{copied}</span>
            </p>
          </div>
        )}
      </Dialog>
    </>
  );
}
