import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes of the client with the protocol and the JSON codec, minified and gzipped, as a page would load it. */
export async function bundleSize () {
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: "export { connect } from '../src/index.ts'", resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  return { minified: bundle.contents.length, gzipped: gzipSync(bundle.contents, { level: 9 }).length, text: bundle.text }
}

if (import.meta.filename === process.argv[1]) {
  const { minified, gzipped } = await bundleSize()
  console.log(`${minified} bytes minified, ${gzipped} gzipped`)
}
