"""What one input may hold at most: every limit of the package in one table. `docs/limits.md` lists them for users.

A limit keeps memory below about 2 GB and time below a minute for whatever a file claims to be. Readers check it before they
decode, and raise `InputError` with the number found and the number allowed.
"""

from __future__ import annotations

# Images. Pixels are counted as width x height, bytes as decoded.
MIN_SIDE = 16  # pixels; below this no object can be recognised
MAX_PIXELS = 100_000_000  # of one image that is read at once
MAX_DECODED_BYTES = 600_000_000  # red, green and blue of all dates together: 100 megapixels of 8-bit pairs
MAX_BLOCK_BYTES = 256 << 20  # of one tile or strip of a file, in all its bands: it is decoded as a whole
MAX_BANDS = 1024
MAX_JPEG_2000_TILES = 50_000  # of all bands of a JPEG 2000 image: 4 kB of memory each, before anything is decoded
MAX_LARGE_PIXELS = 4_000_000_000  # of one raster that is read window by window: ten hours of work
GDAL_CACHE_BYTES = 128 << 20  # of decoded blocks; GDAL's own default, 5 % of the memory, can be gigabytes

# Videos, animations and series of images.
MAX_FRAMES = 64  # that one scene may have
MAX_VIDEO_PIXELS = 400_000_000  # of all frames of a scene together: 1.2 GB in 8 bit
MAX_VIDEO_SIDE = 2048  # pixels; larger frames are shrunk as they are decoded
MAX_ANIMATION_FRAMES = 10_000  # of a GIF, WebP or PNG, where a frame cannot be reached but through those before it
MAX_VIDEO_PACKETS = 5_000_000  # of a video: 46 hours at 30 frames a second
MAX_FOLDER_ENTRIES = 100_000  # files in a folder of frames
MAX_DECODE_SECONDS = 45.0  # for all frames of one video

# Files that stand beside an image and are read with it.
MAX_SIDE_TEXT_BYTES = 4 << 20  # .aux.xml, world files, RPC and metadata
MAX_SIDE_RASTER_BYTES = 4 << 30  # .ovr and .msk: read block by block, never as a whole

# Zones.
MAX_ZONES_BYTES = 64 << 20  # of a GeoJSON file of zones
MAX_ZONES = 10_000  # polygons
MAX_ZONE_CORNERS = 500_000  # of all zones together, also once their long edges are followed in steps

# Labels of one's own (`chronosight tune`).
MAX_LABEL_BYTES = 512 << 20  # of a GeoPackage or GeoJSON of labels
MAX_LABELS = 200_000  # polygons
MAX_LABEL_CORNERS = 5_000_000  # of all of them
MAX_TUNE_PIXELS = 200_000_000  # of all pairs together, as the guide sees them: 1.6 GB with their labels

# Result folders.
MAX_OBJECTS = 100_000  # changed objects in a folder that is read back

# Text documents: JSON, JSON lines.
MAX_JSON_BYTES = 1 << 30  # the largest published annotation file has some 600 MB
MAX_LINE_BYTES = 64 << 20
MAX_REMOTE_JSON_BYTES = 64 << 20  # a STAC document at an address
MAX_STAC_DOCUMENTS = 10_000  # that one manifest links to
MAX_JSON_DEPTH = 100  # lists and objects inside each other

# The service (`chronosight serve`, `chronosight mcp`).
MAX_UPLOAD_BYTES = 4 << 30  # of one request that uploads files
MAX_REQUEST_BYTES = 64 << 20  # of any other request; images in it are base64
MAX_SCENE_FILES = 64  # files of one scene
MAX_CHAT_IMAGES = 8  # of one conversation
MAX_MESSAGES = 100  # of one conversation
MAX_SERVICE_PIXELS = 25_000_000  # of one image that the server reads at once
MAX_BODY_SECONDS = 60.0  # until a request has arrived; an upload has one second more for every 100 KB
MAX_ANSWER_SECONDS = 120.0  # for one answer
MAX_JOB_SECONDS = 12 * 3600.0
MAX_QUEUE = 64  # jobs that wait, and questions that wait
MAX_STREAMS = 64  # event streams open at once
MAX_PREVIEW_SIDE = 2048  # pixels of the longer side of a preview
