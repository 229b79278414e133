export const $ = (selector) => document.querySelector(selector)

/** Adds a line to a log: who in bold, then the words. Text only, so nothing a user writes becomes markup. */
export function addLine (list, who, words) {
  const line = document.createElement('li')
  const name = document.createElement('b')
  name.textContent = who
  line.append(name, ` ${words}`)
  list.append(line)
  while (list.children.length > 200) list.firstChild.remove()
  list.scrollTop = list.scrollHeight
}

/** Handles a form's submission with its fields, and shows what went wrong beside it. */
export function onSubmit (form, handle) {
  const error = (form.closest('section') ?? form).querySelector('.error')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    attempt(error, () => handle(Object.fromEntries(new FormData(form)), form))
  })
}

/** Handles a click, and shows what went wrong in the section or at the top. */
export function onClick (button, handle) {
  button.addEventListener('click', () => attempt(button.closest('section')?.querySelector('.error') ?? $('#status'), handle))
}

function attempt (error, handle) {
  if (error.matches('.error')) error.textContent = ''
  handle().catch((reason) => { error.textContent = reason.message })
}

export const actionForm = (action) => $(`form[data-action=${action}]`)
