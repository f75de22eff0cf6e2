/** Notes on how a picture was made, within its file: as XMP, which PNG, TIFF, JPEG and WebP can hold and other programs can read. */
import { UserError } from '../errors';
import { pictureMetadata } from './image';
import { escapeXml } from './text';

/** How a picture was made. */
export interface PictureNotes {
  /** The program, such as Wheatfield 0.1.0. */
  creator: string;
  /** In a sentence, for whoever looks at the file. */
  description: string;
  /** Anything that JSON can hold. */
  settings: Readonly<Record<string, unknown>>;
}

const NAMESPACE = 'urn:wheatfield:notes:1:';

/** The notes as an XMP packet. */
export function xmpOf({ creator, description, settings }: PictureNotes): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:wheatfield="${NAMESPACE}">
   <xmp:CreatorTool>${escapeXml(creator)}</xmp:CreatorTool>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(description)}</rdf:li></rdf:Alt></dc:description>
   <wheatfield:Settings>${escapeXml(JSON.stringify(settings))}</wheatfield:Settings>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
}

/**
 * The notes in the file of a picture.
 *
 * @throws UserError where the file cannot be read or has no notes
 */
export async function readNotes(file: string): Promise<PictureNotes> {
  const { xmpAsString = '' } = await pictureMetadata(file);
  const { JSDOM } = await import('jsdom');
  try {
    const { document } = new JSDOM(xmpAsString, { contentType: 'text/xml' }).window;
    const text = (name: string) => document.getElementsByTagName(name)[0].textContent;
    const settings = JSON.parse(text('wheatfield:Settings')) as PictureNotes['settings'];
    return { creator: text('xmp:CreatorTool'), description: text('dc:description'), settings };
  } catch (error) {
    throw new UserError(`The picture ${file} does not say how it was made. Name one that Wheatfield saved.`, {
      cause: error,
    });
  }
}
