/** A grey TIFF of 64 x 64 whose pixels, uncompressed, come last; sampleFormat 1 is whole numbers, 3 floating point. */
export function plainTiff({ bits, sampleFormat }: { bits: number; sampleFormat: number }): Buffer {
  const side = 64;
  const bytes = (side * side * bits) / 8;
  const entries: [tag: number, value: number][] = [
    [256, side],
    [257, side],
    [258, bits],
    [259, 1],
    [262, 1],
    [273, 0],
    [277, 1],
    [278, side],
    [279, bytes],
    [339, sampleFormat],
  ];
  const start = 8 + 2 + entries.length * 12 + 4;
  const tiff = Buffer.alloc(start + bytes, 64);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value], i) => {
    const at = 10 + i * 12;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(4, at + 2);
    tiff.writeUInt32LE(1, at + 4);
    tiff.writeUInt32LE(tag === 273 ? start : value, at + 8);
  });
  tiff.writeUInt32LE(0, start - 4);
  return tiff;
}
