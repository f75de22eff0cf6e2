/** A dialogue over the page: Escape, a click beside it, or its button close it. */
import type { ComponentChildren, RefObject } from 'preact';

export interface DialogProps {
  place: RefObject<HTMLDialogElement | null>;
  title: string;
  /** Beside the title. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}

export function Dialog({ place, title, tools, children }: DialogProps) {
  const close = () => place.current?.close();
  return (
    <dialog ref={place} aria-label={title} onClick={(event) => event.target === place.current && close()}>
      <div class="inside">
        <header>
          <h2>{title}</h2>
          {tools}
          <button type="button" onClick={close}>
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
