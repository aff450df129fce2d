# Draw again with: gnuplot copy-response.gp
set encoding utf8
set terminal svg size 860,470 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'copy-response.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Response to clients, before and during a full copy' at screen 0.02,0.9489 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 '1 000 000 keys, 100 B values, streamed, 50 000 writes/s, 1 replica' at screen 0.02,0.8979 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set yrange [*:*]
set logscale y 10
set xlabel "Percentile\n " offset 0,0.4 noenhanced
set ylabel 'Response, logarithmic, ms' noenhanced
set xtics ('0' 0, '1' 1, '2' 2, '3' 3, '4' 4)
set xrange [-0.3:4.3]
set xtics ('p50' 0, 'p90' 1, 'p99' 2, 'p99.9' 3, 'max' 4)
plot 'copy-response.tsv' index 3 using 1:($3/1000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 2 notitle, \
     'copy-response.tsv' index 3 using 1:($4/1000.0):(0):(($5-$4)/1000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'copy-response.tsv' index 3 using 1:($3/1000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 4 pointsize 1.0 notitle, \
     'copy-response.tsv' index 2 using 1:($3/1000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 1 notitle, \
     'copy-response.tsv' index 2 using 1:($4/1000.0):(0):(($5-$4)/1000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'copy-response.tsv' index 2 using 1:($3/1000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 5 pointsize 1.0 notitle, \
     'copy-response.tsv' index 1 using 1:($3/1000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 2 notitle, \
     'copy-response.tsv' index 1 using 1:($4/1000.0):(0):(($5-$4)/1000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'copy-response.tsv' index 1 using 1:($3/1000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 6 pointsize 0.75 notitle, \
     'copy-response.tsv' index 0 using 1:($3/1000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 1 notitle, \
     'copy-response.tsv' index 0 using 1:($4/1000.0):(0):(($5-$4)/1000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'copy-response.tsv' index 0 using 1:($3/1000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice, during a copy', \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 2 pointtype 6 pointsize 0.75 title 'Sluice, before it', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 1 pointtype 5 pointsize 1.0 title 'Redis, during a copy', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 2 pointtype 4 pointsize 1.0 title 'Redis, before it'
