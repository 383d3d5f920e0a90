/* What the networks of @vladmandic/face-api say of crops of raw bytes: one line of JSON for each, in order.  For judge.py.
 *
 *   node networks.mjs FOLDER-WITH-node_modules <names of files
 *
 * NAME.WIDTH.HEIGHT.face holds R, G, B around all landmarks: {"happy": 0..1, "age": years}.
 * NAME.WIDTH.HEIGHT.identity holds R, G, B of what the package compares faces by: {"descriptor": 128 numbers}. */
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
await api.nets.faceExpressionNet.loadFromDisk(model);
await api.nets.ageGenderNet.loadFromDisk(model);
await api.nets.faceRecognitionNet.loadFromDisk(model);

for (const name of fs.readFileSync(0, 'utf8').split('\n').filter((line) => line)) {
  const [width, height, what] = name.split('.').slice(-3);
  const picture = tf.tensor3d(new Uint8Array(fs.readFileSync(name)), [+height, +width, 3], 'int32');
  if (what === 'face') {
    const expressions = await api.nets.faceExpressionNet.predictExpressions(picture);
    const { age } = await api.nets.ageGenderNet.predictAgeAndGender(picture);
    console.log(JSON.stringify({ happy: expressions.happy, age }));
  } else {
    console.log(JSON.stringify({ descriptor: [...await api.nets.faceRecognitionNet.computeFaceDescriptor(picture)] }));
  }
  picture.dispose();
}
