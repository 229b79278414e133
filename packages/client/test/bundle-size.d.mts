export function bundleSize (): Promise<{ readonly minified: number, readonly gzipped: number, readonly text: string }>
