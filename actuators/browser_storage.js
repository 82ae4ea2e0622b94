async function (job) {
  const decode = encoded => {
    const known = new Map();
    const walk = value => {
      if (typeof value !== 'object' || value === null) return value;
      if ('v' in value) {
        return { undefined: undefined, null: null, NaN: NaN, Infinity: Infinity,
                 '-Infinity': -Infinity, '-0': -0 }[value.v];
      }
      if ('ref' in value) return known.get(value.ref);
      if ('d' in value) return new Date(value.d);
      if ('u' in value) return new URL(value.u);
      if ('bi' in value) return BigInt(value.bi);
      if ('r' in value) return new RegExp(value.r.p, value.r.f);
      if ('ta' in value || 'ab' in value) {
        const told = value.ta || value.ab;
        const bytes = Uint8Array.from(atob(told.b), character => character.charCodeAt(0));
        if (!('ta' in value)) return bytes.buffer;
        const kinds = { i8: Int8Array, ui8: Uint8Array, ui8c: Uint8ClampedArray, i16: Int16Array,
                        ui16: Uint16Array, i32: Int32Array, ui32: Uint32Array, f32: Float32Array,
                        f64: Float64Array, bi64: BigInt64Array, bui64: BigUint64Array };
        return new kinds[told.k](bytes.buffer);
      }
      if ('a' in value) {
        const list = [];
        known.set(value.id, list);
        for (const one of value.a) list.push(walk(one));
        return list;
      }
      if ('m' in value) {
        const map = new Map();
        known.set(value.id, map);
        for (const { k, v } of value.m) map.set(walk(k), walk(v));
        return map;
      }
      if ('s' in value) {
        const set = new Set();
        known.set(value.id, set);
        for (const one of value.s) set.add(walk(one));
        return set;
      }
      if ('o' in value) {
        const object = {};
        known.set(value.id, object);
        for (const { k, v } of value.o) object[k] = walk(v);
        return object;
      }
      throw new Error('a value of IndexedDB is of a kind that cannot be put back');
    };
    return walk(encoded);
  };
  const valueOf = record => 'valueEncoded' in record ? decode(record.valueEncoded) : record.value;
  const keyOf = record => 'keyEncoded' in record ? decode(record.keyEncoded) : record.key;
  const path = told => told.keyPathArray || told.keyPath;
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
    request.onblocked = () => fail(new Error('a page holds the database open'));
  });
  const inline = (value, at) => Array.isArray(at) ? at.map(one => inline(value, one)) :
    at.split('.').reduce((inner, name) => inner[name], value);
  const finished = transaction => new Promise((done, fail) => {
    transaction.oncomplete = done;
    transaction.onabort = transaction.onerror = () => fail(transaction.error);
  });

  const areas = { local: () => localStorage, session: () => sessionStorage };
  for (const [area, changes] of Object.entries(job.areas || {})) {
    const place = areas[area]();
    for (const [key, value] of changes) {
      if (value === null) place.removeItem(key); else place.setItem(key, value);
    }
  }
  for (const base of job.bases || []) {
    if (base.anew) await asked(indexedDB.deleteDatabase(base.name));
    if (base.anew === 'gone') continue;
    const opening = indexedDB.open(base.name, base.version);
    opening.onupgradeneeded = () => {
      for (const store of base.stores) {
        const how = { autoIncrement: store.autoIncrement };
        if (path(store)) how.keyPath = path(store);
        const made = opening.result.createObjectStore(store.name, how);
        for (const index of store.indexes) {
          made.createIndex(index.name, path(index),
                           { unique: index.unique, multiEntry: index.multiEntry });
        }
      }
    };
    const database = await asked(opening);
    try {
      const names = base.records.map(one => one.store);
      if (!names.length) continue;
      const transaction = database.transaction(names, 'readwrite');
      const end = finished(transaction);
      for (const { store, deletes, puts } of base.records) {
        const place = transaction.objectStore(store);
        for (const record of deletes) {
          place.delete(place.keyPath ? inline(valueOf(record), place.keyPath) : keyOf(record));
        }
        for (const record of puts) {
          if (place.keyPath) place.put(valueOf(record));
          else place.put(valueOf(record), keyOf(record));
        }
      }
      await end;
    } finally {
      database.close();
    }
  }
}
