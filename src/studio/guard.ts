/**
 * Who may talk to the studio. It listens on this machine only, and that is not enough: any page in any browser here can send requests to it,
 * and a name on the internet can be made to lead to 127.0.0.1. Therefore the address holds a token, the Host must be this machine's, and a
 * request that another page sends is refused.
 */
import { timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';

export interface GuardOptions {
  token: string;
  /** Which pages may show this one in a frame, as CSP's frame-ancestors has them. */
  framedBy: string;
}

/** Refuses a request with the wrong Host, Origin or token, and sets the headers that keep the page to itself. */
export function guard({ token, framedBy }: GuardOptions): MiddlewareHandler {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    // Plotly writes its rules and positions into the page.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framedBy}`,
  ].join('; ');
  return async (context, next) => {
    const { req } = context;
    const { localPort: port } = (context.env as HttpBindings).incoming.socket;
    const ours = ['127.0.0.1', 'localhost'].map((name) => `${name}:${port}`);
    const host = req.header('host') ?? '';
    const origin = req.header('origin');
    const refuse = (error: string) => context.json({ error }, 403);
    if (!ours.includes(host)) {
      return refuse('The studio answers to this machine only. Open the address that it printed.');
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      return refuse('Another page asked for this. Open the address that the studio printed.');
    }
    const given = req.path.split('/')[1] || (req.query('token') ?? '');
    if (!isEqual(given, token)) {
      return refuse('The address has no token, or an old one. Open the address that the studio printed.');
    }
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    // Together they isolate the page, which gives WebAssembly its threads.
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Embedder-Policy', 'require-corp');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    await next();
  };
}

/** In a time that does not tell how much of the token was right. */
function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
