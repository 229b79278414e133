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
  const error = form.closest('section, form').querySelector('.error')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    error.textContent = ''
    handle(Object.fromEntries(new FormData(form)), form).catch((reason) => { error.textContent = reason.message })
  })
}

export const actionForm = (action) => $(`form[data-action=${action}]`)
