/** Brings a network of one's own: chosen from the disk, or dropped. */
import { useState } from 'preact/hooks';
import type { FastStyleAdded } from '../../../src/studio/protocol';
import { hand } from '../ask';
import { Problem } from '../parts/problem';
import { useDropped } from '../parts/useDropped';

export function OwnStyle({ onAdd }: { onAdd: (added: FastStyleAdded) => void }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const add = async (file: File) => {
    setBusy(true);
    setProblem(undefined);
    try {
      onAdd(await hand<FastStyleAdded>('fast/styles', file));
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const { isOver, handlers } = useDropped((file) => void add(file));
  return (
    <div class={`own-style ${isOver ? 'over' : ''}`} {...handlers}>
      <label class="button">
        {isBusy ? 'Reading the network…' : 'Open a style of your own…'}
        <input
          type="file"
          class="unseen"
          accept=".onnx"
          aria-describedby="own-style"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            // So that the same file can be chosen again.
            const input = event.currentTarget;
            if (file) void add(file).finally(() => (input.value = ''));
          }}
        />
      </label>
      {problem && <Problem>{problem}</Problem>}
      <p class="about" id="own-style">
        Choose or drop the .onnx file of <code>wheatfield train</code>. A copy stays in results/studio-styles.
      </p>
    </div>
  );
}
