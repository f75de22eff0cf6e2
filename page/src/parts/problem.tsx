import type { ComponentChildren } from 'preact';

/** An error, as a sentence in the place that it is about. */
export function Problem({ id, children }: { id?: string; children: ComponentChildren }) {
  return (
    <p class="problem" role="alert" id={id}>
      {children}
    </p>
  );
}
