/** Brings a network of one's own: chosen from the disk, or dropped. */
import type { FastStyleAdded } from '../../../src/studio/protocol';
import { Problem } from '../parts/problem';
import { useDropped } from '../parts/useDropped';
import { useHandIn } from '../parts/useHandIn';

export function OwnStyle({ onAdd }: { onAdd: (added: FastStyleAdded) => void }) {
  const { isBusy, problem, handIn } = useHandIn('fast/styles', onAdd);
  const { isOver, handlers } = useDropped((file) => void handIn(file));
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
            if (file) void handIn(file).finally(() => (input.value = ''));
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
