// The examples' variables may name what only the running server knows: "{{Inbox.conversations.nodes.0.id}}"
// is that place in the answer of the example operation Inbox, asked as whoever sends the request.

const placeholder = /^\{\{(\w+)\.([\w.]+)\}\}$/;

/** → `{ variables }` with every placeholder filled in, or `{ errors }` of the operation that was asked. */
export async function fillIn(variables, tabs, ask) {
  const answers = new Map();
  const fill = async (value) => {
    if (Array.isArray(value)) return Promise.all(value.map(fill));
    if (typeof value === 'object' && value !== null) {
      const filled = Object.entries(value).map(async ([name, each]) => [name, await fill(each)]);
      return Object.fromEntries(await Promise.all(filled));
    }
    const [, operation, path] = (typeof value === 'string' && placeholder.exec(value)) || [];
    const tab = tabs.find(({ query }) => new RegExp(`^query ${operation}\\b`, 'm').test(query));
    if (tab === undefined) return value;
    if (!answers.has(operation)) {
      answers.set(
        operation,
        ask({ query: tab.query, variables: JSON.parse(tab.variables || '{}') }),
      );
    }
    const { data, errors } = await answers.get(operation);
    if (errors) throw Object.assign(new Error(operation), { errors });
    return path.split('.').reduce((place, step) => place?.[step], data) ?? null;
  };
  try {
    return { variables: await fill(variables) };
  } catch (error) {
    if (error.errors === undefined) throw error;
    return { errors: error.errors };
  }
}
