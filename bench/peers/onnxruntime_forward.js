// onnxruntime_forward.js MODEL.onnx BATCH THREADS [SECONDS]: images a second of a forward pass in ONNX Runtime, median.
// Without arguments: exits with 77 where the package onnxruntime-node is not found (NODE_PATH, or a node_modules folder
// above). BIND=1: the main thread is bound to CPU 0, and the others shall be to one each.
let runtime;
try {
  runtime = require('onnxruntime-node');
} catch (missing) {
  console.error(`skipped: ${missing.message.split('\n')[0]}`);
  process.exit(77);
}

const median = (samples) => samples.sort((a, b) => a - b)[samples.length >> 1];

async function main([model, batchText, threadsText, secondsText]) {
  const batch = Number(batchText), threads = Number(threadsText), seconds = Number(secondsText ?? 2);
  const options = {intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all'};
  if (process.env.BIND === '1' && threads > 1) {
    const others = Array.from({length: threads - 1}, (_, i) => i + 2).join(';');  // counted from 1
    options.extra = {session: {intra_op_thread_affinities: others}};
  }
  const session = await runtime.InferenceSession.create(model, options);
  const pixels = new Float32Array(batch * 3 * 32 * 32).map(() => Math.random() * 2 - 1);
  const feeds = {x: new runtime.Tensor('float32', pixels, [batch, 3, 32, 32])};
  await session.run(feeds);
  const samples = [];
  for (const start = performance.now(); performance.now() - start < seconds * 1e3 || samples.length < 5;) {
    const begin = performance.now();
    await session.run(feeds);
    samples.push(performance.now() - begin);
  }
  console.log((batch / median(samples) * 1e3).toFixed(1));
}

if (process.argv.length > 2) main(process.argv.slice(2));
