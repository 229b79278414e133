/** Wall-clock milliseconds that all our processes on this machine share, never set back. */
export const now = () => performance.timeOrigin + performance.now()
