-- A database of the first release (revision 0001), written by its own code: finished, failed, waiting
-- and held tasks, uploads, results, a deleted asset and the state of the queue.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE assets (
	id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	type TEXT NOT NULL, 
	width INTEGER, 
	height INTEGER, 
	size BIGINT NOT NULL, 
	metadata JSON NOT NULL, 
	task_id TEXT, 
	port TEXT, 
	"index" INTEGER, 
	name TEXT, 
	created_at TEXT NOT NULL, 
	deleted_at TEXT, 
	CONSTRAINT pk_assets PRIMARY KEY (id)
);
INSERT INTO "assets" VALUES('01M7ZG46G5FF2EF1MA7NQWFAKQ','c65b4dc1f5a9683f77de7523eaf27c4baa76e8bf3a93bbc6afdffedef0a2b824','image','image/png',64,64,230,'{"source":"qpyt","parameters":"a red house\nSampler: Euler, Seed: 7, Size: 64x64, Version: Qpyt Studio","generation":{"prompt":"a red house","negative_prompt":"","settings":{"Sampler":"Euler","Seed":"7","Size":"64x64","Version":"Qpyt Studio"}},"qpyt":{"operation":"generate","params":{"prompt":"a red house"},"image_seed":7}}',NULL,NULL,NULL,'façade.png','2026-11-21T16:48:10.245501Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46GTR4HG3CSTSZSEJXQ4','27aa7ab2406cec46213436eb8d21a2894b8e624e658c8f33f880f4fc4ec81331','mask','image/png',64,64,230,'{}',NULL,NULL,NULL,'mask.png','2026-11-21T16:48:10.267033Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46HBYHA7TDFHWWKF59S8','a44eb3f27ffbbb733631286a20633be634b3c88213f6f32bb9c42898b037711b','image','image/png',64,64,134,'{}',NULL,NULL,NULL,'gone.png','2026-11-21T16:48:10.283045Z','2026-11-21T16:48:10.474898Z');
INSERT INTO "assets" VALUES('01M7ZG46KKX115MW0KF8J8KN05','1fea6cdfd286987cc672b1b2a3845a87d7474ea6b348ec538d5040704e335af1','image','image/png',64,64,227,'{"seed":7}','01M7ZG46HQWGR9W1AGFBHZ23HH','image',0,NULL,'2026-11-21T16:48:10.355312Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46KKX115MW0KF8J8KN06','1334731d77b84321215f833e62cd0c87d6649f96c88191ee4cd0bd7c2f13a065','image','image/png',64,64,230,'{"seed":8}','01M7ZG46HQWGR9W1AGFBHZ23HH','image',1,NULL,'2026-11-21T16:48:10.355502Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46NBGYXV9XT936F0ZDV7','eb620daac08b7eebfdd9f56064db63ecc72088c361912bc4fcb83c4d5ba2363b','image','image/png',64,64,227,'{}','01M7ZG46M4TKXWA8K2MV2X185D','image',0,NULL,'2026-11-21T16:48:10.411468Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46NBGYXV9XT936F0ZDV8','f186a50f00ee945ad59bf9cfc114298fbaa10e5e3e525ada65f7c48e5be6de60','image','image/png',64,64,231,'{}','01M7ZG46M4TKXWA8K2MV2X185D','image',1,NULL,'2026-11-21T16:48:10.411605Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46PVPP5BN73WMWDHDE3N','07f180a652b56f184f95fe9718c8ad9a606c954478f94ca2a4bfe3f6643a7ce3','image','image/png',64,64,231,'{"seed":7}','01M7ZG46P4JGFTH5PB6541SDFB','image',0,NULL,'2026-11-21T16:48:10.459486Z',NULL);
INSERT INTO "assets" VALUES('01M7ZG46Q7V8HMTWC2WN82K8YT','27aa7ab2406cec46213436eb8d21a2894b8e624e658c8f33f880f4fc4ec81331','image','image/png',64,64,230,'{}','01M7ZG46PZNACJ9RXV8CRJM99K','image',0,NULL,'2026-11-21T16:48:10.471490Z',NULL);
CREATE TABLE state (
	"key" TEXT NOT NULL, 
	value JSON, 
	CONSTRAINT pk_state PRIMARY KEY ("key")
);
INSERT INTO "state" VALUES('queue.paused','true');
CREATE TABLE task_parents (
	child TEXT NOT NULL, 
	parent TEXT NOT NULL, 
	CONSTRAINT pk_task_parents PRIMARY KEY (child, parent), 
	CONSTRAINT fk_task_parents_child_tasks FOREIGN KEY(child) REFERENCES tasks (id) ON DELETE CASCADE, 
	CONSTRAINT fk_task_parents_parent_tasks FOREIGN KEY(parent) REFERENCES tasks (id) ON DELETE CASCADE
);
INSERT INTO "task_parents" VALUES('01M7ZG46M4TKXWA8K2MV2X185E','01M7ZG46M4TKXWA8K2MV2X185D');
INSERT INTO "task_parents" VALUES('01M7ZG46RYP3R9D6ME36EEXCFA','01M7ZG46RTYQCNF61JZ9KNV4YZ');
CREATE TABLE tasks (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	status TEXT NOT NULL, 
	lane TEXT NOT NULL, 
	device TEXT, 
	priority INTEGER NOT NULL, 
	rank FLOAT NOT NULL, 
	attempt INTEGER NOT NULL, 
	max_attempts INTEGER NOT NULL, 
	owner TEXT, 
	lease_until FLOAT, 
	hold INTEGER NOT NULL, 
	run_id TEXT, 
	brick_id TEXT, 
	project_id TEXT, 
	labels JSON NOT NULL, 
	version INTEGER NOT NULL, 
	params JSON NOT NULL, 
	snapshot JSON NOT NULL, 
	warnings JSON NOT NULL, 
	outputs JSON NOT NULL, 
	error JSON, 
	timings JSON NOT NULL, 
	cache_key TEXT, 
	cached BOOLEAN NOT NULL, 
	cancel_requested BOOLEAN NOT NULL, 
	checkpoint TEXT, 
	idempotency_key TEXT, 
	created_at TEXT NOT NULL, 
	started_at TEXT, 
	finished_at TEXT, 
	CONSTRAINT uq_tasks_id UNIQUE (id), 
	CONSTRAINT uq_tasks_idempotency_key UNIQUE (idempotency_key)
);
INSERT INTO "tasks" VALUES(1,'01M7ZG46HQWGR9W1AGFBHZ23HH','generate','completed','device',NULL,0,1.0,1,3,NULL,NULL,0,NULL,NULL,'villa','{"set":"villas","row":"1"}',3,'{"prompt":"a house on a hill \ud83e\udd8a","negative_prompt":"","model":"nano","num_images":2,"seed":7,"num_inference_steps":8,"width":64,"height":64,"loras":[]}','{"operation":"generate","model":{"id":"nano","fingerprint":"3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f","family":"flux2"},"inputs":{},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[],"task":"01M7ZG46HQWGR9W1AGFBHZ23HH","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.295327Z","started_at":"2026-11-21T16:48:10.346509Z","precision":"bfloat16"}','[]','[{"port":"image","index":0,"kind":"image","asset_id":"01M7ZG46KKX115MW0KF8J8KN05","value":null,"width":64,"height":64,"seed":7},{"port":"image","index":1,"kind":"image","asset_id":"01M7ZG46KKX115MW0KF8J8KN06","value":null,"width":64,"height":64,"seed":8}]',NULL,'{"run_seconds":1.6,"compute_seconds":1.5}','b611a75f8474bc9f0d7ad5b25ee81457977a40c982fdf1cc9238317bd763e82f',0,0,NULL,'row-1','2026-11-21T16:48:10.295327Z','2026-11-21T16:48:10.346509Z','2026-11-21T16:48:10.355573Z');
INSERT INTO "tasks" VALUES(2,'01M7ZG46M4TKXWA8K2MV2X185D','upscale','completed','cpu',NULL,10,2.0,1,3,NULL,NULL,0,'run-1','up',NULL,'{"set":"villas"}',3,'{"image":["01M7ZG46KKX115MW0KF8J8KN05","01M7ZG46KKX115MW0KF8J8KN06"],"method":"lanczos","scale":2}','{"operation":"upscale","inputs":{"image":[{"id":"01M7ZG46KKX115MW0KF8J8KN05","key":"1fea6cdfd286987cc672b1b2a3845a87d7474ea6b348ec538d5040704e335af1","type":"image/png","width":64,"height":64},{"id":"01M7ZG46KKX115MW0KF8J8KN06","key":"1334731d77b84321215f833e62cd0c87d6649f96c88191ee4cd0bd7c2f13a065","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":["01M7ZG46HQWGR9W1AGFBHZ23HH"],"task":"01M7ZG46M4TKXWA8K2MV2X185D","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.372572Z","started_at":"2026-11-21T16:48:10.410477Z"}','[]','[{"port":"image","index":0,"kind":"image","asset_id":"01M7ZG46NBGYXV9XT936F0ZDV7","value":null,"width":64,"height":64,"seed":null},{"port":"image","index":1,"kind":"image","asset_id":"01M7ZG46NBGYXV9XT936F0ZDV8","value":null,"width":64,"height":64,"seed":null}]',NULL,'{"run_seconds":1.6,"compute_seconds":1.5}','0665811f2e9c650c49df9ed64a4a6e1cd2795e6606aef0cd18f5e7fda99561bf',0,0,NULL,NULL,'2026-11-21T16:48:10.372572Z','2026-11-21T16:48:10.410477Z','2026-11-21T16:48:10.411665Z');
INSERT INTO "tasks" VALUES(3,'01M7ZG46M4TKXWA8K2MV2X185E','describe','completed','cpu',NULL,10,3.0,1,3,NULL,NULL,0,'run-1','text',NULL,'{}',4,'{"image":"01M7ZG46NBGYXV9XT936F0ZDV8"}','{"operation":"describe","inputs":{"image":[{"id":"01M7ZG46NBGYXV9XT936F0ZDV8","key":"f186a50f00ee945ad59bf9cfc114298fbaa10e5e3e525ada65f7c48e5be6de60","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":["01M7ZG46M4TKXWA8K2MV2X185D"],"task":"01M7ZG46M4TKXWA8K2MV2X185E","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.372628Z","started_at":"2026-11-21T16:48:10.431146Z"}','[]','[{"port":"text","index":0,"kind":"text","asset_id":null,"value":"a green square","width":null,"height":null,"seed":null}]',NULL,'{"run_seconds":1.6,"compute_seconds":1.5}','98fc90c9e5337fc3c37e673c71744ecb2a8d33de5e354eb45fcf06ed18fdda2b',0,0,NULL,NULL,'2026-11-21T16:48:10.372628Z','2026-11-21T16:48:10.431146Z','2026-11-21T16:48:10.431843Z');
INSERT INTO "tasks" VALUES(4,'01M7ZG46P4JGFTH5PB6541SDFB','inpaint','completed','device',NULL,0,4.0,1,3,NULL,NULL,0,NULL,NULL,'villa','{}',3,'{"prompt":"a house on a hill \ud83e\udd8a","negative_prompt":"","model":"nano","num_images":1,"seed":7,"num_inference_steps":8,"width":64,"height":64,"loras":[],"image":"01M7ZG46G5FF2EF1MA7NQWFAKQ","mask":"01M7ZG46GTR4HG3CSTSZSEJXQ4","references":["01M7ZG46KKX115MW0KF8J8KN05","01M7ZG46G5FF2EF1MA7NQWFAKQ"]}','{"operation":"inpaint","model":{"id":"nano","fingerprint":"3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f","family":"flux2"},"inputs":{"image":[{"id":"01M7ZG46G5FF2EF1MA7NQWFAKQ","key":"c65b4dc1f5a9683f77de7523eaf27c4baa76e8bf3a93bbc6afdffedef0a2b824","type":"image/png","width":64,"height":64}],"mask":[{"id":"01M7ZG46GTR4HG3CSTSZSEJXQ4","key":"27aa7ab2406cec46213436eb8d21a2894b8e624e658c8f33f880f4fc4ec81331","type":"image/png","width":64,"height":64}],"references":[{"id":"01M7ZG46KKX115MW0KF8J8KN05","key":"1fea6cdfd286987cc672b1b2a3845a87d7474ea6b348ec538d5040704e335af1","type":"image/png","width":64,"height":64},{"id":"01M7ZG46G5FF2EF1MA7NQWFAKQ","key":"c65b4dc1f5a9683f77de7523eaf27c4baa76e8bf3a93bbc6afdffedef0a2b824","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[],"task":"01M7ZG46P4JGFTH5PB6541SDFB","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.436887Z","started_at":"2026-11-21T16:48:10.458462Z"}','[]','[{"port":"image","index":0,"kind":"image","asset_id":"01M7ZG46PVPP5BN73WMWDHDE3N","value":null,"width":64,"height":64,"seed":7}]',NULL,'{"run_seconds":1.6,"compute_seconds":1.5}','0730e0261dac3d6998b7e7ecf6b252f8453ed35cabe940b315791904a25b2261',0,0,NULL,NULL,'2026-11-21T16:48:10.436887Z','2026-11-21T16:48:10.458462Z','2026-11-21T16:48:10.459622Z');
INSERT INTO "tasks" VALUES(5,'01M7ZG46PZNACJ9RXV8CRJM99K','rembg','completed','cpu',NULL,0,5.0,1,3,NULL,NULL,0,NULL,NULL,NULL,'{}',3,'{"image":"01M7ZG46HBYHA7TDFHWWKF59S8"}','{"operation":"rembg","inputs":{"image":[{"id":"01M7ZG46HBYHA7TDFHWWKF59S8","key":"a44eb3f27ffbbb733631286a20633be634b3c88213f6f32bb9c42898b037711b","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[],"task":"01M7ZG46PZNACJ9RXV8CRJM99K","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.463439Z","started_at":"2026-11-21T16:48:10.470697Z"}','[]','[{"port":"image","index":0,"kind":"image","asset_id":"01M7ZG46Q7V8HMTWC2WN82K8YT","value":null,"width":64,"height":64,"seed":null}]',NULL,'{"run_seconds":1.6,"compute_seconds":1.5}','07e968248f54ba2324b75a054fc93cb2f5314c871c2ad5ccaf5eea7324807dc8',0,0,NULL,NULL,'2026-11-21T16:48:10.463439Z','2026-11-21T16:48:10.470697Z','2026-11-21T16:48:10.471607Z');
INSERT INTO "tasks" VALUES(6,'01M7ZG46QJJQ5DT2DYYAEYN738','generate','completed','device',NULL,0,6.0,0,3,NULL,NULL,0,NULL,NULL,NULL,'{}',1,'{"prompt":"a house on a hill \ud83e\udd8a","negative_prompt":"","model":"nano","num_images":2,"seed":7,"num_inference_steps":8,"width":64,"height":64,"loras":[]}','{"operation":"generate","model":{"id":"nano","fingerprint":"3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f","family":"flux2"},"inputs":{},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[],"task":"01M7ZG46HQWGR9W1AGFBHZ23HH","hardware":{"kind":"cpu"},"queue_mode":"single","created_at":"2026-11-21T16:48:10.295327Z","started_at":"2026-11-21T16:48:10.346509Z","precision":"bfloat16","cached_from":"01M7ZG46HQWGR9W1AGFBHZ23HH"}','[]','[{"port":"image","index":0,"kind":"image","asset_id":"01M7ZG46KKX115MW0KF8J8KN05","value":null,"width":64,"height":64,"seed":7},{"port":"image","index":1,"kind":"image","asset_id":"01M7ZG46KKX115MW0KF8J8KN06","value":null,"width":64,"height":64,"seed":8}]',NULL,'{}','b611a75f8474bc9f0d7ad5b25ee81457977a40c982fdf1cc9238317bd763e82f',1,0,NULL,NULL,'2026-11-21T16:48:10.482250Z',NULL,'2026-11-21T16:48:10.483654Z');
INSERT INTO "tasks" VALUES(7,'01M7ZG46QP0KAET7JJTM33Q7S2','upscale','failed','cpu',NULL,0,7.0,1,3,NULL,NULL,0,NULL,NULL,NULL,'{}',3,'{"image":"01M7ZG46KKX115MW0KF8J8KN05"}','{"operation":"upscale","inputs":{"image":[{"id":"01M7ZG46KKX115MW0KF8J8KN05","key":"1fea6cdfd286987cc672b1b2a3845a87d7474ea6b348ec538d5040704e335af1","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[]}','[]','[]','{"code":"out_of_memory","title":"Out of memory","detail":"The device has no memory left.","fix":"Use a smaller size."}','{}','efc454c7fcb38619478c6df835c28ac8265f9101efa0ef047b55269d7fe4c67d',0,0,NULL,NULL,'2026-11-21T16:48:10.486925Z','2026-11-21T16:48:10.494335Z','2026-11-21T16:48:10.495098Z');
INSERT INTO "tasks" VALUES(8,'01M7ZG46R70ERAFDD7CDAFHYJB','vectorize','cancelled','cpu',NULL,0,8.0,0,3,NULL,NULL,0,NULL,NULL,NULL,'{}',2,'{"image":"01M7ZG46NBGYXV9XT936F0ZDV7"}','{"operation":"vectorize","inputs":{"image":[{"id":"01M7ZG46NBGYXV9XT936F0ZDV7","key":"eb620daac08b7eebfdd9f56064db63ecc72088c361912bc4fcb83c4d5ba2363b","type":"image/png","width":64,"height":64}]},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[]}','[]','[]',NULL,'{}','a5ff2942a3b62c7ec79922f62e4ab195ce5ced6cc55426d7d6e03f6326d24f3d',0,0,NULL,NULL,'2026-11-21T16:48:10.503399Z',NULL,'2026-11-21T16:48:10.507327Z');
INSERT INTO "tasks" VALUES(9,'01M7ZG46RTYQCNF61JZ9KNV4YZ','generate','pending','device',NULL,0,9.0,0,3,NULL,NULL,0,NULL,NULL,'villa','{"set":"villas","row":"2","note":"\u00fc \ud800"}',1,'{"prompt":"a house on a hill \ud83e\udd8a","negative_prompt":"","model":"nano","num_images":2,"seed":8,"num_inference_steps":8,"width":64,"height":64,"loras":[]}','{"operation":"generate","model":{"id":"nano","fingerprint":"3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f","family":"flux2"},"inputs":{},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[]}','[]','[]',NULL,'{}','1719071b53a445ceeed7fa32daf24ffd0ec259a0c608e6bb27771f1737f79d74',0,0,NULL,'row-2','2026-11-21T16:48:10.522952Z',NULL,NULL);
INSERT INTO "tasks" VALUES(10,'01M7ZG46RYP3R9D6ME36EEXCFA','upscale','held','cpu',NULL,0,10.0,0,3,NULL,NULL,2,NULL,NULL,NULL,'{"set":"other"}',1,'{"image":{"task":"01M7ZG46RTYQCNF61JZ9KNV4YZ","port":"image"}}','{"operation":"upscale","inputs":{},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":["01M7ZG46RTYQCNF61JZ9KNV4YZ"]}','[]','[]',NULL,'{}',NULL,0,0,NULL,NULL,'2026-11-21T16:48:10.526249Z',NULL,NULL);
INSERT INTO "tasks" VALUES(11,'01M7ZG46S2189T62ZRJ6WTP25W','generate','held','device',NULL,0,11.0,0,3,NULL,NULL,1,NULL,NULL,NULL,'{}',1,'{"prompt":"a house on a hill \ud83e\udd8a","negative_prompt":"","model":"nano","num_images":2,"seed":9,"num_inference_steps":8,"width":64,"height":64,"loras":[]}','{"operation":"generate","inputs":{},"cache":true,"versions":{"qpyt":"0.1.0","diffusers":"0.36.0","torch":"2.9.1"},"parents":[]}','[]','[]',NULL,'{}','fc6b718305f9e2122f306ff848e57dcc93b55bc61c1d868ab93268041a42ea83',0,0,NULL,NULL,'2026-11-21T16:48:10.530234Z',NULL,NULL);
CREATE INDEX ix_tasks_status_priority_rank ON tasks (status, priority, rank);
CREATE INDEX ix_tasks_status_seq ON tasks (status, seq);
CREATE INDEX ix_tasks_status_operation_seq ON tasks (status, operation, seq);
CREATE INDEX ix_tasks_run_id ON tasks (run_id);
CREATE INDEX ix_tasks_cache_key_status ON tasks (cache_key, status);
CREATE INDEX ix_tasks_status_finished_at ON tasks (status, finished_at);
CREATE INDEX ix_tasks_status_lane_priority_rank ON tasks (status, lane, priority, rank);
CREATE INDEX ix_assets_task_id ON assets (task_id);
CREATE INDEX ix_assets_key ON assets ("key");
CREATE INDEX ix_assets_deleted_at_id ON assets (deleted_at, id);
CREATE INDEX ix_task_parents_parent ON task_parents (parent);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('tasks',11);
COMMIT;
