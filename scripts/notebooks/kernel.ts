/** Starts the kernel of jupyter/kernels/tslab and talks to it over ZeroMQ, as Jupyter does, without Python. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import * as zmq from 'zeromq';
import { type Message, decode, encode } from './messages';

const KERNELSPEC = path.join(__dirname, '..', '..', 'jupyter', 'kernels', 'tslab');

export interface KernelOptions {
  /** The folder that the kernel works in; Jupyter takes the notebook's. */
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

export interface Kernel {
  /**
   * Runs code and resolves, when the kernel is idle again, to whether it went well.
   *
   * @param onMessage sees each message that the code publishes: streams, displays and their updates
   */
  execute(code: string, onMessage: (message: Message) => void): Promise<'ok' | 'error' | 'abort'>;
  /** The Interrupt button: SIGINT. */
  interrupt(): void;
  readonly alive: boolean;
  shutdown(): Promise<void>;
}

export async function startKernel({ cwd, env = process.env }: KernelOptions): Promise<Kernel> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-kernel-'));
  const connectionFile = path.join(folder, 'connection.json');
  const key = randomUUID();
  const [shellPort, iopubPort, stdinPort, controlPort, hbPort] = await freePorts(5);
  const connection = {
    transport: 'tcp',
    ip: '127.0.0.1',
    key,
    signature_scheme: 'hmac-sha256',
    shell_port: shellPort,
    iopub_port: iopubPort,
    stdin_port: stdinPort,
    control_port: controlPort,
    hb_port: hbPort,
  };
  await writeFile(connectionFile, JSON.stringify(connection));

  const { argv } = JSON.parse(await readFile(path.join(KERNELSPEC, 'kernel.json'), 'utf8')) as {
    argv: string[];
  };
  const [, ...args] = argv.map((arg) =>
    arg.replace('{resource_dir}', KERNELSPEC).replace('{connection_file}', connectionFile),
  );
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + String(chunk)).slice(-2000)));
  const exited = once(child, 'exit');
  const alive = () => child.exitCode === null && child.signalCode === null;

  const shell = new zmq.Dealer({ linger: 0 });
  const iopub = new zmq.Subscriber({ linger: 0 });
  shell.connect(`tcp://127.0.0.1:${shellPort}`);
  iopub.connect(`tcp://127.0.0.1:${iopubPort}`);
  iopub.subscribe();
  const listeners = new Set<(message: Message) => void>();
  const listen = async (socket: zmq.Dealer | zmq.Subscriber) => {
    for await (const frames of socket) {
      const message = decode(frames, key);
      for (const listener of listeners) listener(message);
    }
  };
  // Closing a socket ends its loop.
  void listen(shell);
  void listen(iopub);

  /** Sends a request and resolves to its reply's status once the kernel has also said on iopub that it is idle again. */
  async function request(
    type: string,
    content: object,
    onMessage: (message: Message) => void,
  ): Promise<string> {
    const { id, frames } = encode(type, content, key);
    let listener!: (message: Message) => void;
    const done = new Promise<string>((resolve) => {
      let status: string | undefined;
      let idle = false;
      listener = (message) => {
        if (message.parentId !== id) return;
        if (message.header.msg_type.endsWith('_reply')) status = message.content.status ?? 'ok';
        else if (message.header.msg_type !== 'status') onMessage(message);
        else if (message.content.execution_state === 'idle') idle = true;
        if (status !== undefined && idle) resolve(status);
      };
    });
    listeners.add(listener);
    try {
      await shell.send(frames);
      return await Promise.race([
        done,
        exited.then(([code, signal]) => {
          throw new Error(`The kernel ended (${String(signal ?? code)}). ${complaint}`);
        }),
      ]);
    } finally {
      listeners.delete(listener);
    }
  }

  // What is published before the subscription has arrived is lost: ask until an answer comes on both sockets.
  let ready = false;
  const first = async () => {
    while (!ready) {
      const answered = request('kernel_info_request', {}, () => undefined).then(() => (ready = true));
      await Promise.race([answered, wait(500)]);
    }
  };
  await first();

  return {
    execute: async (code, onMessage) =>
      (await request(
        'execute_request',
        {
          code,
          silent: false,
          store_history: true,
          user_expressions: {},
          allow_stdin: false,
          stop_on_error: true,
        },
        onMessage,
      )) as 'ok' | 'error' | 'abort',
    interrupt: () => child.kill('SIGINT'),
    get alive() {
      return alive();
    },
    shutdown: async () => {
      if (alive()) {
        await shell.send(encode('shutdown_request', { restart: false }, key).frames);
        await Promise.race([exited, wait(3000)]);
        if (alive()) child.kill('SIGKILL');
        await exited;
      }
      shell.close();
      iopub.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ports of this machine that nobody listens at. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
