import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { frameOf } from '../../src/notebook/studio';
import { openTinyVgg19 } from '../helpers/tinyVgg19';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { shot } from './looks';

/** Another page on this machine, as a notebook's front end is, with the studio in a frame. */
async function serveFrame(address: string): Promise<Server> {
  const html = `<!doctype html><title>A notebook</title><p>In [1]: await studio();</p>${frameOf(address, 700)}`;
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('the studio in a frame', function () {
  let opened: OpenedStudio;
  let server: Server;
  before(async function () {
    opened = await openOrSkip(this, {
      openNetwork: openTinyVgg19,
      framedBy: 'http://localhost:*',
      flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
    server = await serveFrame(opened.studio.address);
  });
  after(async () => {
    server?.close();
    await opened?.close();
  });

  const port = () => (server.address() as AddressInfo).port;

  it('paints below a cell of a front end that it lets frame it', async () => {
    const page = await opened.open();
    const complaints = watchComplaints(page);
    await page.goto(`http://localhost:${port()}/`);
    const frame = page.frameLocator('iframe');
    // So small, and so many iterations, that it is still painting when it is stopped.
    for (const [group, setting, value] of [
      ['Pictures', 'height', '40'],
      ['Optimiser', 'iterations', '500'],
    ]) {
      await frame.locator('summary', { hasText: group }).click();
      await frame.locator(`#setting-${setting}`).fill(value);
      await frame.locator(`#setting-${setting}`).blur();
    }
    await frame.getByRole('button', { name: 'Paint', exact: true }).click();
    await frame.locator('img[src*="preview.png"]').waitFor({ timeout: 120_000 });
    await shot(page, 'frame');
    await frame.getByRole('link', { name: 'Compare', exact: true }).click();
    await frame.getByText('studio-1').first().waitFor();
    await frame.getByRole('link', { name: 'Paint', exact: true }).click();
    await frame.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual(complaints, []);
  });

  it('copies, and sees the camera, because the frame allows it', async () => {
    const page = await opened.open();
    const complaints = watchComplaints(page);
    await page.goto(`http://localhost:${port()}/`);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('button', { name: 'Copy as' }).click();
    await frame.getByRole('button', { name: 'Copy', exact: true }).click();
    await frame.getByText('Copied.', { exact: true }).waitFor();
    await page.goto(`http://localhost:${port()}/`);
    await frame.getByRole('link', { name: 'Fast styles' }).click();
    await frame.getByLabel('Height').selectOption('120');
    await frame.getByRole('button', { name: 'Camera' }).click();
    await frame.getByText(/frames a second/).waitFor();
    await shot(page, 'frame-camera');
    assert.deepEqual(complaints, []);
  });

  it('shows nothing in a frame of any other page', async () => {
    const page = await opened.open();
    await page.goto(`http://127.0.0.1:${port()}/`);
    await page.waitForTimeout(1000);
    assert.equal(await page.frameLocator('iframe').locator('#studio').count(), 0);
  });
});
