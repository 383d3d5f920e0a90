/* The package's own networks on pictures of raw bytes: one line of JSON for each.  For compare_faces.py.
 *
 *   node compare_faces.mjs FOLDER-WITH-node_modules <names of files
 *
 * NAME.SIDE.detector or NAME.SIDE.landmarks hold SIDE x SIDE pixels of R, G, B. */
import fs from 'fs';
import path from 'path';
import { createRequire } from 'module';

const folder = path.resolve(process.argv[2], 'node_modules');
const require = createRequire(path.join(folder, 'none.js'));
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
const api = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
const model = path.join(folder, '@vladmandic/face-api/model');

wasm.setWasmPaths(path.join(folder, '@tensorflow/tfjs-backend-wasm/dist/'));
await tf.setBackend('wasm');
await tf.ready();
await api.nets.tinyFaceDetector.loadFromDisk(model);
await api.nets.faceLandmark68Net.loadFromDisk(model);

for (const name of fs.readFileSync(0, 'utf8').split('\n').filter((line) => line)) {
  const [side, what] = name.split('.').slice(-2);
  const picture = tf.tensor3d(new Uint8Array(fs.readFileSync(name)), [+side, +side, 3], 'int32');
  if (what === 'detector') {
    const found = await api.nets.tinyFaceDetector.locateFaces(picture,
      new api.TinyFaceDetectorOptions({ inputSize: +side, scoreThreshold: 0.25 }));
    console.log(JSON.stringify(found.map((face) => [face.box.x, face.box.y, face.box.width, face.box.height, face.score])));
  } else {
    const { positions } = await api.nets.faceLandmark68Net.detectLandmarks(picture);
    console.log(JSON.stringify(positions.map((at) => [at.x, at.y])));
  }
  picture.dispose();
}
