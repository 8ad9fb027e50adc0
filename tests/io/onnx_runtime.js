// Runs the ONNX files of onnx_cases with ONNX Runtime: node onnx_runtime.js PACKAGES FOLDER. Each output must satisfy
// |got - expected| <= 1e-5 max(1, |expected|).
'use strict';
const fs = require('fs');
const path = require('path');
const [packages, folder] = process.argv.slice(2);
const {InferenceSession, Tensor} = require(path.join(packages, 'node_modules', 'onnxruntime-node'));
const allowed = 1e-5;

const read = name => {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

// Returns the largest |got - expected| / max(1, |expected|). Runs the whole batch, and sample 1 alone, as the batch may
// have any size.
async function difference(name, samples, inputs, outputs) {
  const session = await InferenceSession.create(path.join(folder, name + '.onnx'));
  const [input] = session.inputNames, [output] = session.outputNames;
  const x = read(name + '.x'), expected = read(name + '.y');
  const run = async (first, count) => {
    const part = new Tensor('float32', x.slice(first * inputs, (first + count) * inputs), [count, inputs]);
    const result = (await session.run({[input]: part}))[output];
    if (String(result.dims) !== String([count, outputs]))
      throw new Error(`${name}: got the shape [${result.dims}], expected [${count},${outputs}]`);
    return result.data;
  };
  let largest = 0;
  for (const [first, count] of [[0, samples], [1, 1]]) {
    const got = await run(first, count);
    for (let i = 0; i < got.length; ++i) {
      const y = expected[first * outputs + i];
      const error = Object.is(got[i], y) ? 0 : Math.abs(got[i] - y) / Math.max(1, Math.abs(y));
      largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
    }
  }
  return largest;
}

async function main() {
  const cases = fs.readFileSync(path.join(folder, 'cases.txt'), 'utf8').trim().split('\n');
  let worst = 0, wrong = 0;
  for (const line of cases) {
    const [name, ...sizes] = line.split(' ');
    const error = await difference(name, ...sizes.map(Number));
    const is_wrong = !(error <= allowed);
    if (is_wrong) console.log(`${name}: got a difference of ${error}, expected at most ${allowed}`);
    wrong += is_wrong;
    worst = Math.max(worst, error);
  }
  console.log(`${cases.length} networks, ${wrong} wrong, largest difference ${worst.toExponential(1)}`);
  if (wrong || cases.length < 50) process.exit(1);
}

main().catch(error => {
  console.error(String(error));
  process.exit(1);
});
