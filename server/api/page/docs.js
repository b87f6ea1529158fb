// Renders openapi.json: operations by tag, with parameters, an example of each body, and the refusals.
"use strict";

const VERBS = ["get", "post", "put", "patch", "delete"];

function el(name, text, attributes = {}) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** An example value of a schema: its own example, else one built from its parts. */
function example(api, schema, depth = 0) {
  if (!schema || depth > 8) return null;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return example(api, schema.$ref.split("/").slice(1).reduce((at, key) => at[key], api), depth + 1);
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return example(api, parts[0], depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(api, part, depth + 1)));
  if (schema.type === "object" || schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, part]) => [key, example(api, part, depth + 1)]),
    );
  }
  if (schema.type === "array") return schema.items ? [example(api, schema.items, depth + 1)] : [];
  if (schema.format === "binary") return "(bytes)";
  return { string: schema.format ?? "text", integer: 1, number: 0.5, boolean: true }[schema.type] ?? null;
}

function bodies(api, title, content) {
  return Object.entries(content ?? {}).flatMap(([type, media]) => {
    const declared = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    const shown = declared ?? example(api, media.schema);
    const text = typeof shown === "string" ? shown : JSON.stringify(shown, null, 2);
    return [el("p", `${title} · ${type}`), el("pre", text)];
  });
}

function parameters(list) {
  const table = el("table");
  for (const one of list) {
    const row = el("tr");
    const cell = el("td");
    cell.append(el("code", one.name + (one.required ? "" : "?")));
    const shown = one.schema?.examples?.[0] ?? one.schema?.default;
    const hint = shown === undefined || shown === null ? "" : ` e.g. ${JSON.stringify(shown)}`;
    row.append(cell, el("td", one.in), el("td", (one.description ?? "") + hint));
    table.append(row);
  }
  return table;
}

function operation(api, path, verb, one) {
  const article = el("article", undefined, { id: one.operationId });
  const head = el("h3");
  head.append(el("span", verb.toUpperCase(), { class: `verb ${verb}` }), el("code", path));
  article.append(head, el("p", one.description ?? one.summary ?? ""));
  const who = (one.security ?? []).flatMap((way) => Object.keys(way));
  if (who.length) article.append(el("p", `Needs: ${[...new Set(who)].join(" or ")}`));
  if (one.parameters?.length) article.append(parameters(one.parameters));
  if (one.requestBody) article.append(...bodies(api, "Request", one.requestBody.content));
  const refusals = [];
  for (const [code, answer] of Object.entries(one.responses)) {
    if (Number(code) < 400) article.append(...bodies(api, `Answer ${code}: ${answer.description}`, answer.content));
    else refusals.push(code);
  }
  if (refusals.length) article.append(el("p", `Refusals: ${refusals.join(", ")}, each as {"error": {code, message, where}}`));
  return article;
}

async function show() {
  const api = await (await fetch("openapi.json")).json();
  const main = document.getElementById("operations");
  const contents = document.getElementById("contents");
  const tags = new Map();
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const verb of VERBS.filter((name) => verbs[name])) {
      const tag = verbs[verb].tags?.[0] ?? "other";
      tags.set(tag, [...(tags.get(tag) ?? []), [path, verb, verbs[verb]]]);
    }
  }
  main.replaceChildren();
  for (const [tag, list] of tags) {
    contents.append(el("h2", tag));
    main.append(el("h2", tag));
    for (const [path, verb, one] of list) {
      const link = el("a", undefined, { href: `#${one.operationId}` });
      link.append(el("span", verb.toUpperCase(), { class: `verb ${verb}` }), path.replace("/api", ""));
      contents.append(link);
      main.append(operation(api, path, verb, one));
    }
  }
}

show().catch((error) => { document.getElementById("operations").textContent = `openapi.json could not be read: ${error}`; });
