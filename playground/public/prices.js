import { $ } from './dom.js'

const symbols = ['ACME', 'GLOBEX', 'INITECH']

/** The last price of each symbol; what a slow page missed in between does not matter. */
export function showPrices (client) {
  for (const symbol of symbols) {
    const row = $('#board').insertRow()
    row.insertCell().textContent = symbol
    const cell = row.insertCell()
    cell.className = 'number'
    client.subscribe(`price:${symbol}`, ({ data }) => { cell.textContent = data.price.toFixed(2) })
  }
}
