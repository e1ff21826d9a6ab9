const METHODS = ["get", "post", "put", "patch", "delete"];
const MAX_DEPTH = 8;

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function resolve(api, schema) {
  const reference = schema?.$ref;
  if (!reference) return schema ?? {};
  return reference.slice(2).split("/").reduce((place, name) => place?.[name], api) ?? {};
}

function example(api, schema, depth = 0) {
  const known = resolve(api, schema);
  if (depth > MAX_DEPTH) return null;
  if (known.examples?.length) return known.examples[0];
  if (known.example !== undefined) return known.example;
  if (known.default !== undefined) return known.default;
  if (known.const !== undefined) return known.const;
  if (known.enum?.length) return known.enum[0];
  const choices = known.anyOf ?? known.oneOf ?? known.allOf;
  if (choices?.length) return example(api, choices[0], depth + 1);
  if (known.type === "array") return [example(api, known.items, depth + 1)];
  if (known.type === "object" || known.properties) {
    const required = new Set(known.required ?? []);
    return Object.fromEntries(
      Object.entries(known.properties ?? {})
        .filter(([name]) => required.has(name))
        .map(([name, value]) => [name, example(api, value, depth + 1)]),
    );
  }
  return { string: "…", integer: 0, number: 0, boolean: false }[known.type] ?? null;
}

function outline(api, schema, depth = 0) {
  const known = resolve(api, schema);
  if (depth > MAX_DEPTH) return "…";
  const choices = known.anyOf ?? known.oneOf ?? known.allOf;
  if (choices?.length) return choices.map((item) => outline(api, item, depth)).join(" | ");
  if (known.enum) return known.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (known.type === "array") return `[${outline(api, known.items, depth)}, …]`;
  if (known.properties) {
    const pad = "  ".repeat(depth + 1);
    const required = new Set(known.required ?? []);
    const lines = Object.entries(known.properties).map(([name, value]) => {
      const mark = required.has(name) ? "" : "?";
      const words = value.description ? `  // ${value.description.replace(/\s+/g, " ")}` : "";
      return `${pad}${name}${mark}: ${outline(api, value, depth + 1)}${words}`;
    });
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  return known.format ? `${known.type} (${known.format})` : (known.type ?? "any");
}

// What the reader must put into the path is a variable of the shell: $KEY_ID.
function target(api, path, operation) {
  const parameters = (operation.parameters ?? []).map((item) => resolve(api, item));
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const schema = parameters.find((item) => item.in === "path" && item.name === name)?.schema;
    return resolve(api, schema).enum?.at(-1) ?? `$${name.toUpperCase()}`;
  });
}

function curl(api, method, path, operation) {
  const parts = [`curl -X ${method.toUpperCase()} "${location.origin}${target(api, path, operation)}"`];
  const isOpen = operation.security?.length === 0;
  if (!isOpen) parts.push(`-H "Authorization: Bearer $AI4V_API_KEY"`);
  const content = operation.requestBody?.content ?? {};
  if (content["application/json"]) {
    const body = JSON.stringify(example(api, content["application/json"].schema));
    parts.push(`-H "Content-Type: application/json"`, `-d '${body.replaceAll("'", "'\\''")}'`);
  } else if (content["multipart/form-data"]) {
    const fields = example(api, content["multipart/form-data"].schema);
    parts.push(`-F file=@speech.wav`, ...Object.entries(fields).map(([name, value]) => `-F ${name}=${value}`));
  }
  return parts.join(" \\\n  ");
}

function parameterTable(api, parameters) {
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const title of ["parameter", "in", "type", "meaning"]) head.append(element("th", title));
  const body = table.createTBody();
  for (const parameter of parameters) {
    const row = body.insertRow();
    const name = parameter.required ? `${parameter.name} *` : parameter.name;
    for (const text of [name, parameter.in, outline(api, parameter.schema), parameter.description ?? ""]) {
      row.insertCell().textContent = text;
    }
  }
  return table;
}

function bodySections(api, title, content) {
  return Object.entries(content ?? {}).flatMap(([type, media]) => [
    element("h3", `${title}: ${type}`),
    element("pre", outline(api, media.schema)),
  ]);
}

function operationView(api, path, method, operation) {
  const view = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("span", path, "path"));
  summary.append(element("span", operation.summary ?? "", "about"));
  view.append(summary);
  view.dataset.words = `${method} ${path} ${operation.summary ?? ""}`.toLowerCase();
  view.addEventListener("toggle", () => fill(api, view, path, method, operation), { once: true });
  return view;
}

function fill(api, view, path, method, operation) {
  if (operation.description) view.append(element("p", operation.description));
  if (operation.parameters?.length) view.append(parameterTable(api, operation.parameters.map((item) => resolve(api, item))));
  view.append(...bodySections(api, "body", operation.requestBody?.content));
  for (const [status, answer] of Object.entries(operation.responses ?? {})) {
    view.append(...bodySections(api, `answer ${status}`, resolve(api, answer).content));
  }
  view.append(element("h3", "example"), element("pre", curl(api, method, path, operation)));
}

function show(api) {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method];
      const group = operation.tags?.[0] ?? "other";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operationView(api, path, method, operation));
    }
  }
  const main = document.getElementById("operations");
  for (const [group, views] of [...groups].sort()) {
    const section = element("section");
    section.append(element("h2", group), ...views);
    main.append(section);
  }
  document.getElementById("about").textContent =
    `Version ${api.info.version}. Send the key as “Authorization: Bearer …”. The description itself is /openapi.json.`;
}

function filter(event) {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let isEmpty = true;
    for (const view of section.querySelectorAll("details")) {
      view.hidden = !words.every((word) => view.dataset.words.includes(word));
      isEmpty &&= view.hidden;
    }
    section.hidden = isEmpty;
  }
}

async function start() {
  const about = document.getElementById("about");
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
    document.getElementById("filter").addEventListener("input", filter);
  } catch (error) {
    about.textContent = `The description could not be read (${error.message}). Reload to try again.`;
  }
}

await start();
