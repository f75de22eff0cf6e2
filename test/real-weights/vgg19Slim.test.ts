import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { featureExtractor } from '../../src/losses/features';
import { loadKerasWeights } from '../../src/network/kerasWeights';
import { features, vgg19 } from '../../src/network/vgg19';
import { convLayers } from '../../src/network/vgg19Slim';
import { disposeSlim, loadSlimWeights } from '../../src/network/vgg19SlimWeights';
import { loadImage } from '../../src/picture/image';
import { preprocess } from '../../src/picture/preprocess';
import { type HeldOutPicture, layerFigures, meanFigures } from '../../src/distil/heldOut';
import { transferScore } from '../../src/distil/transferScore';
import { realWeights, shared } from './shared';

/** Pictures that its training did not see, 400 pixels high: models/README.md. */
const HELD_OUT = [
  ['photos', 'kodim04.jpg', 267],
  ['photos', 'kodim15.jpg', 600],
  ['photos', 'kodim23.jpg', 600],
  ['img/paintings', 'wheat-field.jpg', 504],
  ['img/paintings', 'monet-800600.jpg', 533],
  ['img/paintings', 'vg-olive.jpg', 507],
] as const;

describe('vgg19-slim, with the weights of the package, against VGG19', () => {
  it('is as close as its model card says on pictures that were held out from its training', async function () {
    const weights = realWeights(this);
    await tf.setBackend('cpu');
    const pictures: HeldOutPicture[] = [];
    for (const [folder, name, width] of HELD_OUT) {
      const size = { height: 400, width };
      const x = preprocess(await loadImage(shared(this, folder, name), { size }));
      pictures.push({ data: x.dataSync<'float32'>(), ...size });
    }
    const teacher = vgg19({ upTo: 'block5_conv4' });
    await loadKerasWeights(teacher, weights);
    const names = convLayers().map(({ name }) => name);
    const slim = await loadSlimWeights();
    const figures = meanFigures(
      await layerFigures(featureExtractor(features(teacher, names)), slim, pictures),
    );
    disposeSlim(slim);
    teacher.dispose();

    const of = (layer: string) => figures[layer];
    const styleLayers = names.filter((name) => name.endsWith('_conv1'));
    const gramError = styleLayers.reduce((sum, layer) => sum + of(layer).gramError, 0) / styleLayers.length;
    assert.ok(gramError <= 0.235, `mean Gram error of the style layers: ${gramError}`);
    assert.ok(of('block4_conv2').cosine >= 0.85, `block4_conv2: ${of('block4_conv2').cosine}`);
    assert.ok(of('block5_conv2').cosine >= 0.59, `block5_conv2: ${of('block5_conv2').cosine}`);
  });

  it("sheds most of the loss that VGG19 sheds, on the chapter's pair, which its training did not see", async function () {
    const weights = realWeights(this);
    await tf.setBackend('cpu');
    const content = shared(this, 'img/chapter', 'gleaners.jpg');
    const style = shared(this, 'img/chapter', 'wheatfield-503x400.jpg');
    const { losses, shed } = await transferScore({ content, style }, { vgg19: weights });
    assert.ok(shed >= 0.88, `${shed} of it: ${JSON.stringify(losses)}`);
  });
});
