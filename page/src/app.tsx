/** The page: its three rooms, and what is around them. */
import { useEffect, useState } from 'preact/hooks';
import type { Welcome } from '../../src/studio/protocol';
import { ask } from './ask';
import { useLive } from './live';
import { Paint } from './paint/paint';
import { Problem } from './parts/problem';
import { Theme } from './parts/theme';

const ROOMS = { paint: 'Paint' } as const;
type Room = keyof typeof ROOMS;

export function App() {
  const live = useLive();
  const [welcome, setWelcome] = useState<Welcome>();
  const [problem, setProblem] = useState<string>();
  const [room, setRoom] = useState<Room>(roomOfAddress);
  useEffect(() => {
    ask<Welcome>('welcome').then(setWelcome, (error: Error) => setProblem(error.message));
    const follow = () => setRoom(roomOfAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return (
    <>
      <header class="top">
        <h1>Wheatfield</h1>
        <nav aria-label="Rooms">
          {(Object.keys(ROOMS) as Room[]).map((name) => (
            <a href={`#${name}`} aria-current={name === room ? 'page' : undefined}>
              {ROOMS[name]}
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
      {welcome && room === 'paint' && <Paint welcome={welcome} setWelcome={setWelcome} state={live.state} />}
    </>
  );
}

function roomOfAddress(): Room {
  const name = location.hash.slice(1);
  return name in ROOMS ? (name as Room) : 'paint';
}
