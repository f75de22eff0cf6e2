/** The page: its rooms, and what is around them. */
import { useEffect, useState } from 'preact/hooks';
import type { StudioState, Welcome } from '../../src/studio/protocol';
import { ask } from './ask';
import { useDraft } from './draft';
import { useLive } from './live';
import { Problem } from './parts/problem';
import { Theme } from './parts/theme';
import { ROOMS, type Room, useRoom } from './rooms';

export function App() {
  const live = useLive();
  const [welcome, setWelcome] = useState<Welcome>();
  const [problem, setProblem] = useState<string>();
  const name = useRoom();
  const room = ROOMS[name];
  useEffect(() => {
    ask<Welcome>('welcome').then(setWelcome, (error: Error) => setProblem(error.message));
  }, []);
  return (
    <>
      <header class="top">
        <h1>Wheatfield</h1>
        <nav aria-label="Rooms">
          {Object.entries(ROOMS).map(([each, { title }]) => (
            <a href={`#${each}`} aria-current={each === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="local">Everything runs on this machine. Nothing leaves it.</p>
        <Theme />
      </header>
      <div class="lost" role="status">
        {!live.isConnected && <p>The studio does not answer. The page tries again by itself.</p>}
      </div>
      {problem && <Problem>{problem}</Problem>}
      {welcome && room && <Within room={room} welcome={welcome} setWelcome={setWelcome} state={live.state} />}
    </>
  );
}

interface WithinProps {
  room: Room;
  welcome: Welcome;
  setWelcome: (welcome: Welcome) => void;
  state: StudioState;
}

/** A room, once there is something to show in it. */
function Within({ room: { Room }, ...props }: WithinProps) {
  const [draft, setDraft] = useDraft(props.welcome, props.state.painting);
  return <Room {...props} draft={draft} setDraft={setDraft} />;
}
