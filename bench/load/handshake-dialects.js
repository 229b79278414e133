import { tokenES256 } from '../token-es256.js'
import { token } from '../token.js'

/** So few that the verifier remembers them all; every one has come before the measurement begins. */
const few = Array.from({ length: 500 }, (_, index) => token(`user${index}`))

/** An upgrade that is ready with its welcome. All ask in the same way, whether or not the server looks at the credential. */
function dialect (tokenOf) {
  return {
    path: () => '/ws',
    protocols: (index) => `realtime.v1.json, bearer.${Buffer.from(tokenOf(index)).toString('base64url')}`,
    greet: (text) => JSON.parse(text).type === 'welcome',
    isCounted: () => false
  }
}

export const handshakeDialects = {
  'handshake-seen': dialect((index) => few[index % few.length]),
  'handshake-hs256': dialect((index) => token(`user${index}`)),
  'handshake-es256': dialect((index) => tokenES256(`user${index}`))
}
