/** The studio's state as it is now: the server's first word and then its changes, with the line kept open. */
import { useEffect, useState } from 'preact/hooks';
import type { Message, StudioState } from '../../src/studio/protocol';
import { EMPTY, reduce } from '../../src/studio/state';

export interface Live {
  state: StudioState;
  /** Whether the line is open; before that, and while it is lost, the state is the last known. */
  isConnected: boolean;
}

/** A page that is hidden closes its line, because a browser opens only six of them to a server, for all of its tabs. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>({ state: EMPTY, isConnected: true });
  useEffect(() => {
    let source: EventSource | undefined;
    let again = 0;
    const close = () => {
      source?.close();
      source = undefined;
      clearTimeout(again);
    };
    const open = () => {
      close();
      source = new EventSource('api/events');
      source.onmessage = ({ data }: MessageEvent<string>) => {
        const message = JSON.parse(data) as Message;
        setLive(({ state }) => ({
          isConnected: true,
          state: message.type === 'state' ? message.state : message.changes.reduce(reduce, state),
        }));
      };
      source.onerror = () => {
        setLive(({ state }) => ({ state, isConnected: false }));
        // A browser gives up where the server was away for a moment.
        close();
        again = window.setTimeout(open, 1500);
      };
    };
    const look = () => (document.hidden ? close() : open());
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      close();
    };
  }, []);
  return live;
}
